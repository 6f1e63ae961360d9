package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * What a single image may ask for. All three are checked on the file's header, before pixels are allocated.
 *
 * @param maxBytes size of the encoded file in bytes
 * @param maxPixels width times height; at most 700 million, so that RGB fits into one Java array
 * @param maxSidePx width or height in pixels
 */
public record DecodeLimits(long maxBytes, long maxPixels, int maxSidePx) {
    private static final long ARRAY_PIXELS = 700_000_000L;

    public DecodeLimits {
        require(maxBytes > 0, "maxBytes", maxBytes, "above 0");
        require(maxPixels > 0 && maxPixels <= ARRAY_PIXELS, "maxPixels", maxPixels, "between 1 and " + ARRAY_PIXELS);
        require(maxSidePx > 0, "maxSidePx", maxSidePx, "above 0");
    }

    /**
     * 64 MiB, 100 megapixels, 32,768 pixels a side. The largest single frames that come from clinics are mammograms (about
     * 30 megapixels, 16 bit: 60 MB uncompressed) and camera photographs (60 megapixels and less); whole slides are cut into
     * patches first. 100 megapixels are 300 MB as RGB: what a service with a heap of 1 GiB can hold once.
     */
    public static DecodeLimits defaults() {
        return new DecodeLimits(64L << 20, 100_000_000L, 32_768);
    }

    private static void require(boolean holds, String name, long value, String expected) {
        if (!holds) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "limits." + name + ": " + value + " is not " + expected + ".");
        }
    }

    /** Throws {@link ErrorCode#TOO_LARGE} where the declared size is over a limit; sides are already known to be positive. */
    void check(ImageFormat format, long widthPx, long heightPx) {
        if (widthPx > maxSidePx || heightPx > maxSidePx) {
            throw Refusal.tooLarge(
                    format, widthPx + "x" + heightPx + " pixels declared, " + maxSidePx + " a side are allowed");
        }
        if (widthPx * heightPx > maxPixels) {
            throw Refusal.tooLarge(
                    format, widthPx + "x" + heightPx + " pixels declared, " + maxPixels + " in all are allowed");
        }
    }

    /**
     * Throws {@link ErrorCode#TOO_LARGE} where decoding would need more than two thirds of the heap that this process can
     * ever have: better refused by name than an OutOfMemoryError in somebody else's thread.
     *
     * @param bytesPerPixel what the codec and the result hold at the same time, per pixel
     */
    void checkHeap(ImageFormat format, long widthPx, long heightPx, int bytesPerPixel) {
        long needed = widthPx * heightPx * bytesPerPixel;
        long heap = Runtime.getRuntime().maxMemory();
        if (needed > heap / 3 * 2) {
            throw Refusal.tooLarge(
                    format,
                    widthPx + "x" + heightPx + " pixels need about " + (needed >> 20)
                            + " MiB to decode, this process has " + (heap >> 20) + " MiB of heap in all");
        }
    }
}
