package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * What the HTTP edge takes in at once. A request that finds no room is told so; it does not wait in a queue that nobody
 * sees.
 */
public final class HttpLimits {
    private final Semaphore room;
    private final int maxImageBytes;
    private final Duration patience;

    /**
     * Limits for all requests together.
     *
     * @param inHand most images that are read and scored at once
     * @param maxImageBytes of one image
     * @param patience how long a request waits for a version that is being loaded
     */
    public HttpLimits(int inHand, long maxImageBytes, Duration patience) {
        this.room = new Semaphore(inHand);
        this.maxImageBytes = Math.toIntExact(maxImageBytes);
        this.patience = patience;
    }

    Duration patience() {
        return patience;
    }

    /**
     * Room for one request, given back by closing it.
     *
     * @throws ScanstreamException {@code OVERLOADED} if there is none
     */
    Admission admit() {
        if (!room.tryAcquire()) {
            throw new ScanstreamException(
                    ErrorCode.OVERLOADED, "the service scores as many images as it can hold. Try again in a second.");
        }
        return new Admission();
    }

    /** One request that was let in. */
    final class Admission implements AutoCloseable {

        /**
         * Reads the whole image.
         *
         * @throws ScanstreamException {@code TOO_LARGE} above the limit, {@code NOT_AN_IMAGE} if there is nothing
         */
        byte[] read(InputStream image) throws IOException {
            byte[] bytes = image.readNBytes(maxImageBytes);
            if (bytes.length == maxImageBytes && image.read() >= 0) {
                throw new ScanstreamException(
                        ErrorCode.TOO_LARGE, "the image is above the limit of " + maxImageBytes + " bytes.");
            }
            return bytes;
        }

        @Override
        public void close() {
            room.release();
        }
    }
}
