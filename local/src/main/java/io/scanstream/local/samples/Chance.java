package io.scanstream.local.samples;

import java.util.SplittableRandom;

/**
 * The draws that a patch is made of. Only {@link SplittableRandom#nextLong} is used, whose stream is the same on every
 * JDK; distributions are computed here, because the JDK's may change.
 */
final class Chance {
    private final SplittableRandom random;

    Chance(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Uniform in {@code [from, to)}. */
    double between(double from, double to) {
        return from + (to - from) * ((random.nextLong() >>> 11) * 0x1.0p-53);
    }

    boolean happens(double probability) {
        return between(0, 1) < probability;
    }

    /** Uniform in {@code 0 … count − 1}. */
    int below(int count) {
        return (int) between(0, count);
    }

    /** Roughly normal, mean 0 and deviation 1, never beyond ±3.5 (the sum of four uniform draws). */
    double bell() {
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            sum += between(-0.5, 0.5);
        }
        return sum * 1.7320508075688772;
    }

    double angle() {
        return between(0, 2 * StrictMath.PI);
    }
}
