package io.scanstream.trainer.job;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where a test can have the process die, as by SIGKILL: no shutdown hook runs, nothing is flushed. Set the environment
 * variable {@code SCANSTREAM_FAULT} to a point's name, or to {@code name@n} for the n-th time it is reached. Unset, as it is
 * everywhere else, a point is one comparison with null; and who can set a process's environment can kill it anyway.
 */
public enum FaultPoint {
    /** The journal says it is ours; the lease is not written and the record not acknowledged. */
    AFTER_CLAIM,
    AFTER_ACKNOWLEDGE,
    /** Between two progress messages of an epoch. */
    MID_EPOCH,
    /** A checkpoint's files are in the store; the journal does not name them. */
    AFTER_UPLOAD,
    /** The journal names the checkpoint. */
    AFTER_CHECKPOINT,
    /** The journal is at the next slice; nobody has been told. */
    AFTER_RELEASE,
    /** The model is in the store; nobody has been told. */
    AFTER_PUBLISH,
    /** Everything is done but the journal's last entry. */
    BEFORE_SUCCESS,
    AFTER_SUCCESS,
    /** The manifest is in the store, the upload still there. */
    AFTER_MANIFEST;

    private static final int KILLED = 137;

    private static final @Nullable FaultPoint FATAL;
    private static final int AT;
    private static final AtomicInteger REACHED = new AtomicInteger();

    static {
        String setting = System.getenv("SCANSTREAM_FAULT");
        if (setting == null || setting.isEmpty()) {
            FATAL = null;
            AT = 0;
        } else {
            String[] parts = setting.split("@", 2);
            FATAL = valueOf(parts[0]);
            AT = parts.length == 2 ? Integer.parseInt(parts[1]) : 1;
        }
    }

    /** Returns, unless a test has chosen this point. */
    public void reached() {
        if (this == FATAL && REACHED.incrementAndGet() == AT) {
            Runtime.getRuntime().halt(KILLED);
        }
    }
}
