package io.scanstream.inference.http;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How much the HTTP edge takes on.
 *
 * @param bytesInHand most bytes of requests that are read and answered at once; one request of any allowed size always fits
 * @param imagesInHand most images that are read and scored at once
 * @param imageBytes most bytes of one image
 * @param requestBytes most bytes of a request with several images or a tensor
 * @param requestImages most images in one request
 * @param unhurriedImages while fewer images wait, none is refused for {@code longestWait}
 * @param longestWait an image that would wait longer for its turn is refused
 * @param patience how long a request waits for a version that is being loaded
 * @param silence how long a client may send nothing in the middle of a body
 */
public record HttpSettings(
        long bytesInHand,
        int imagesInHand,
        long imageBytes,
        long requestBytes,
        int requestImages,
        int unhurriedImages,
        Duration longestWait,
        Duration patience,
        Duration silence) {
    /** Arrays hold no more. */
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

    public HttpSettings {
        bytesInHand = Math.max(bytesInHand, Math.max(imageBytes, requestBytes));
        if (imageBytes < 1 || imageBytes > MOST_BYTES || requestBytes < 1 || requestBytes > MOST_BYTES) {
            throw invalid("imageBytes " + imageBytes + " or requestBytes " + requestBytes + " is not between 1 and "
                    + MOST_BYTES);
        }
        if (requestImages < 1 || imagesInHand < requestImages || unhurriedImages < 1) {
            throw invalid("requestImages " + requestImages + " or unhurriedImages " + unhurriedImages
                    + " is below 1, or imagesInHand " + imagesInHand + " below requestImages");
        }
        if (longestWait.isNegative() || patience.isNegative() || silence.toMillis() < 1) {
            throw invalid("longestWait " + longestWait + " or patience " + patience + " is below 0, or silence "
                    + silence + " below a millisecond");
        }
    }

    private static ScanstreamException invalid(String what) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, "scanstream.inference.http: " + what + ".");
    }
}
