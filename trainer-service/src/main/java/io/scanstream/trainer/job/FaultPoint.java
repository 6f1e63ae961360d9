package io.scanstream.trainer.job;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a test can have the process die, as by SIGKILL: no shutdown hook runs, nothing is flushed. The environment variable
 * {@code SCANSTREAM_FAULT_FILE} names a file; from when it is there, the process dies at the point that it names, or with
 * {@code name@n} at the n-th time from then. Unset, as it is everywhere else, a point is one comparison with null; and who can
 * set a process's environment can kill it anyway.
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

    private static final @Nullable String FILE = System.getenv("SCANSTREAM_FAULT_FILE");
    private static int reached;

    /** Returns, unless a test has chosen this point. */
    public void reached() {
        if (FILE != null && fatal(Path.of(FILE))) {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private boolean fatal(Path file) {
        if (!Files.exists(file)) {
            return false;
        }
        String[] chosen;
        try {
            chosen = Files.readString(file).split("@", 2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        synchronized (FaultPoint.class) {
            return this == valueOf(chosen[0]) && ++reached == (chosen.length == 2 ? Integer.parseInt(chosen[1]) : 1);
        }
    }
}
