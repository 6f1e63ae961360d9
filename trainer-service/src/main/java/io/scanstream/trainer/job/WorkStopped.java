package io.scanstream.trainer.job;

/**
 * Ends work that must not go on: the job is another trainer's now, was cancelled, or this process stops. What it means is
 * for {@link JobRunner}; work lets it pass.
 */
public final class WorkStopped extends RuntimeException {
    WorkStopped(String message) {
        // Not an error: no stack trace to log.
        super(message, null, false, false);
    }
}
