package io.scanstream.trainer.job;

import io.scanstream.contracts.training.TrainingEvent;

/** What a job of one kind does. Run again from any point of an earlier run, it must come to the same end. */
public interface Work {

    /** How a run ended that neither failed nor was stopped. */
    sealed interface Outcome {}

    /**
     * The job is done.
     *
     * @param result for the journal
     * @param event the job's last
     */
    record Done(String result, TrainingEvent event) implements Outcome {}

    /** The slice is over, and the journal names a checkpoint to go on from. */
    record SliceOver() implements Outcome {}

    /**
     * Works until done, or until the claim says stop.
     *
     * @throws io.scanstream.contracts.ScanstreamException what cannot be waited out ends the job; what can (a retryable
     *     code) has the work run again
     * @throws WorkStopped from the claim
     */
    Outcome run(Claim claim);
}
