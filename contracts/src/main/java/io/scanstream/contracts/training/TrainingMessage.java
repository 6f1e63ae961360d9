package io.scanstream.contracts.training;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.scanstream.contracts.job.JobId;

/**
 * A nudge on {@code training.requests}: there is work on this job. The work itself stands in the job's journal, so a
 * message that is repeated, late or lost changes nothing.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = TrainingMessage.IngestRequested.class, name = "IngestRequested"),
    @JsonSubTypes.Type(value = TrainingMessage.TrainingRequested.class, name = "TrainingRequested"),
    @JsonSubTypes.Type(value = TrainingMessage.TrainingContinued.class, name = "TrainingContinued")
})
public sealed interface TrainingMessage {
    JobId jobId();

    /** The journal's slice that this message is about; an older one than the journal's is dropped. */
    int slice();

    record IngestRequested(JobId jobId) implements TrainingMessage {
        @Override
        public int slice() {
            return 1;
        }
    }

    record TrainingRequested(JobId jobId) implements TrainingMessage {
        @Override
        public int slice() {
            return 1;
        }
    }

    /** The slice before ended; any trainer may go on. */
    record TrainingContinued(JobId jobId, int slice) implements TrainingMessage {}
}
