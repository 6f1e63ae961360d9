package io.scanstream.trainer.training;

/** Hears of a training, on the training's own thread: it goes on when the listener returns. */
public interface TrainingListener {

    /**
     * Within an epoch.
     *
     * @param epoch counts from 1
     * @param step within the epoch, counts from 1
     * @param loss mean of the epoch so far
     * @param imagesPerSecond since the last such message
     * @param etaSeconds to the end of the last epoch
     */
    record Progress(
            int epoch,
            int epochs,
            int step,
            int stepsPerEpoch,
            double loss,
            double imagesPerSecond,
            double etaSeconds) {}

    /** Called every few seconds within an epoch. */
    default void progressed(Progress progress) {}

    /**
     * Called at the end of every epoch.
     *
     * @param best whether its weights are the best so far
     */
    default void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {}

    /**
     * Called with a complete checkpoint. Its folder stands until the listener returns; what has to outlive that must be
     * copied.
     */
    default void checkpointed(Checkpoint checkpoint) {}
}
