package io.scanstream.trainer.data;

/**
 * Random numbers by position: what is drawn for an epoch, a step or a sample follows from the run's seed and that place
 * alone. So a run repeats whatever the number of threads, and one that resumes needs no generator's state.
 */
public final class Seeds {
    private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

    /** Mixes a seed with a place; the finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    public static long at(long seed, long... place) {
        long mixed = finish(seed + GOLDEN_RATIO);
        for (long part : place) {
            mixed = finish(mixed ^ finish(part + GOLDEN_RATIO) * GOLDEN_RATIO);
        }
        return mixed;
    }

    private static long finish(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    private Seeds() {}
}
