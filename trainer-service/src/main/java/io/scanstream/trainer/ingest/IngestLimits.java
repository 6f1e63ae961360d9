package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * How much one upload may ask for. Above any of these it is refused as a whole.
 *
 * @param maxUploadBytes of the archive itself
 * @param maxFiles in the archive, whatever they are; and images in its arrays
 * @param maxTotalBytes of all files, unpacked
 * @param maxRatio of unpacked to packed bytes: photographs hardly shrink, bitmaps to a tenth, bombs to a thousandth
 */
public record IngestLimits(long maxUploadBytes, int maxFiles, long maxTotalBytes, int maxRatio) {
    /** Below this a ratio says nothing: a small archive may hold a few flat images. */
    private static final long RATIO_FROM_BYTES = 64L << 20;

    public IngestLimits {
        require("max-upload-bytes", maxUploadBytes);
        require("max-files", maxFiles);
        require("max-total-bytes", maxTotalBytes);
        require("max-ratio", maxRatio);
    }

    void checkFiles(long files) {
        if (files > maxFiles) {
            throw tooLarge("it holds more than " + maxFiles + " files");
        }
    }

    void checkImages(long images) {
        if (images > maxFiles) {
            throw tooLarge("its arrays hold " + images + " images, more than the " + maxFiles + " of max-files");
        }
    }

    void checkUnpacked(long unpackedBytes, long packedBytes) {
        if (unpackedBytes > maxTotalBytes) {
            throw tooLarge("its files are more than " + maxTotalBytes + " bytes unpacked");
        }
        if (unpackedBytes > RATIO_FROM_BYTES && unpackedBytes / Math.max(1, packedBytes) >= maxRatio) {
            throw tooLarge(packedBytes + " bytes unpack to more than " + unpackedBytes + ", beyond a ratio of "
                    + maxRatio + ": that is no set of images but a bomb");
        }
    }

    ScanstreamException uploadTooLarge() {
        return tooLarge("it has more than " + maxUploadBytes + " bytes");
    }

    private static ScanstreamException tooLarge(String what) {
        return new ScanstreamException(
                ErrorCode.TOO_LARGE,
                "the upload is refused: " + what + ". Split it, or raise scanstream.ingest's limit.");
    }

    private static void require(String name, long value) {
        if (value < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "scanstream.ingest." + name + ": " + value + " is below 1.");
        }
    }
}
