package io.scanstream.local.platform;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A service that was started beside the platform's own, see {@link Platform#launch}. The caller stops it, or closes it. */
public final class Launched implements AutoCloseable {
    private final Part part;
    private final URI address;
    private final Readiness readiness;

    Launched(Part part, URI address, Duration patience) {
        this.part = part;
        this.address = address;
        this.readiness = new Readiness(patience, () -> List.of(part));
    }

    /** Where it listens, or will. */
    public URI address() {
        return address;
    }

    public ProcessHandle process() {
        return part.process().toHandle();
    }

    /** Where what it prints goes, with its name before each line. */
    public Path log() {
        return part.log();
    }

    /**
     * Waits until it says that it is ready.
     *
     * @throws ScanstreamException {@code INTERNAL} with the end of its log, if it ends or does not become ready in time
     */
    public void awaitReady() throws InterruptedException {
        readiness.awaitHealthy(part, address);
    }

    /**
     * SIGTERM, and waits for its end.
     *
     * @throws ScanstreamException {@code INTERNAL} with the end of its log, if it has not ended by then; it is killed
     */
    public void stop(Duration patience) {
        part.requestStop();
        if (!part.ends(patience)) {
            close();
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    part.name() + " had not ended " + patience.toSeconds() + " s after it was asked to. The end of "
                            + part.log() + ":\n" + part.tail());
        }
    }

    /** SIGKILL, if it still runs, and waits for its end. */
    @Override
    public void close() {
        part.awaitStop(Duration.ZERO);
    }
}
