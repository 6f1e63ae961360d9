package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * How many bytes of images the HTTP edge holds at once. A request that finds no room is told so; it does not wait in a
 * queue that nobody sees.
 */
public final class HttpLimits {
    private static final int UNIT_BYTES = 1 << 10;

    private final Semaphore room;
    private final int maxImageBytes;
    private final Duration patience;

    /**
     * Limits for all requests together.
     *
     * @param bytesInHand most bytes of images that are read and scored at once; one image of any allowed size always fits
     * @param maxImageBytes of one image
     * @param patience how long a request waits for a version that is being loaded
     */
    public HttpLimits(long bytesInHand, long maxImageBytes, Duration patience) {
        this.maxImageBytes = Math.toIntExact(maxImageBytes);
        this.patience = patience;
        this.room = new Semaphore(units(Math.max(bytesInHand, maxImageBytes)));
    }

    Duration patience() {
        return patience;
    }

    /**
     * Room for one request, given back by closing it.
     *
     * @param announcedBytes the Content-Length; negative if the client does not say
     * @throws ScanstreamException {@code TOO_LARGE} above the limit, {@code OVERLOADED} if there is no room
     */
    Admission admit(long announcedBytes) {
        if (announcedBytes > maxImageBytes) {
            throw tooLarge();
        }
        int units = units(announcedBytes < 0 ? maxImageBytes : announcedBytes);
        if (!room.tryAcquire(units)) {
            throw new ScanstreamException(
                    ErrorCode.OVERLOADED, "the service scores as many images as it can hold. Try again in a second.");
        }
        return new Admission(units);
    }

    private static int units(long bytes) {
        return Math.toIntExact(bytes / UNIT_BYTES + 1);
    }

    private ScanstreamException tooLarge() {
        return new ScanstreamException(
                ErrorCode.TOO_LARGE, "the image is above the limit of " + maxImageBytes + " bytes.");
    }

    /** One request that was let in. */
    final class Admission implements AutoCloseable {
        private final int units;

        private Admission(int units) {
            this.units = units;
        }

        /**
         * Reads the whole image.
         *
         * @throws ScanstreamException {@code TOO_LARGE} above the limit
         */
        byte[] read(InputStream image) throws IOException {
            byte[] bytes = image.readNBytes(maxImageBytes);
            if (bytes.length == maxImageBytes && image.read() >= 0) {
                throw tooLarge();
            }
            return bytes;
        }

        @Override
        public void close() {
            room.release(units);
        }
    }
}
