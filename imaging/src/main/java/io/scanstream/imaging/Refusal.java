package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import org.jspecify.annotations.Nullable;

/** The four ways in which an image is refused, in one wording. */
final class Refusal {
    private Refusal() {}

    static ScanstreamException truncated(ImageFormat format, String where) {
        return new ScanstreamException(
                ErrorCode.NOT_AN_IMAGE, format.label() + " truncated: " + where + ". Send the whole file.");
    }

    static ScanstreamException damaged(ImageFormat format, String what) {
        return damaged(format, what, null);
    }

    static ScanstreamException damaged(ImageFormat format, String what, @Nullable Throwable cause) {
        return new ScanstreamException(
                ErrorCode.NOT_AN_IMAGE, format.label() + " damaged: " + what + ". Export the image again.", cause);
    }

    static ScanstreamException unsupported(ImageFormat format, String what) {
        return new ScanstreamException(
                ErrorCode.UNSUPPORTED_IMAGE,
                format.label() + " not supported: " + what + ". Convert it to an 8 bit or 16 bit PNG.");
    }

    static ScanstreamException tooLarge(ImageFormat format, String what) {
        return new ScanstreamException(
                ErrorCode.TOO_LARGE, format.label() + " too large: " + what + ". Scale it down, or raise the limit.");
    }
}
