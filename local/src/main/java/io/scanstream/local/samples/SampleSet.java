package io.scanstream.local.samples;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;

/**
 * How large a generated set is and where it starts.
 *
 * @param trainImages in all, split evenly over the tissues
 * @param testImages likewise
 * @param sizePx width and height of a patch
 * @param seed the same seed gives the same bytes, on every JDK; a larger set begins with the smaller one's images
 */
public record SampleSet(int trainImages, int testImages, int sizePx, long seed) {
    private static final int TISSUES = Tissue.values().length;

    public SampleSet {
        if (trainImages < TISSUES || testImages < TISSUES) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "Expected at least " + TISSUES + " images for training and for testing, one for each class, got "
                            + trainImages + " and " + testImages + ".");
        }
        if (sizePx < 32 || sizePx > 1024) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "Expected patches of 32 to 1024 px, got " + sizePx + ".");
        }
    }

    /** What the demo trains on: 600 and 150 patches of 96 px. */
    public static SampleSet ofSeed(long seed) {
        return new SampleSet(600, 150, 96, seed);
    }

    /** How many images a class has where the total does not split evenly: the first classes get one more. */
    static int share(int total, Tissue tissue) {
        return total / TISSUES + (tissue.number() < total % TISSUES ? 1 : 0);
    }
}
