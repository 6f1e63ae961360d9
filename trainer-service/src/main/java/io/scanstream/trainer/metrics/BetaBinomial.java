package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Interval;

/**
 * How many of {@code trials} succeed where the chance of one is drawn from a beta distribution with whole-numbered
 * parameters. With a threshold at the k-th smallest of n scores, the share of new scores at or above it is
 * Beta(n + 1 − k, k), whatever the scores' distribution (Wilks, 1941): so many of m new ones are.
 *
 * @param alpha 1 or more
 * @param beta 1 or more
 */
record BetaBinomial(int trials, int alpha, int beta) {
    double mean() {
        return (double) alpha / (alpha + beta);
    }

    /** Where the share of successes lies with 95 % or more, as much outside on either side. */
    Interval interval() {
        double[] logFactorial = logFactorials(trials + alpha + beta);
        double tail = (1 - Interval.LEVEL) / 2;
        int low = 0;
        double below = chance(0, logFactorial);
        while (low < trials && below <= tail) {
            low++;
            below += chance(low, logFactorial);
        }
        int high = trials;
        double above = chance(trials, logFactorial);
        while (high > low && above <= tail) {
            high--;
            above += chance(high, logFactorial);
        }
        return new Interval((double) low / trials, (double) high / trials);
    }

    double chance(int successes) {
        return chance(successes, logFactorials(trials + alpha + beta));
    }

    private double chance(int x, double[] log) {
        double choose = log[trials] - log[x] - log[trials - x];
        double with = log[x + alpha - 1] + log[trials - x + beta - 1] - log[trials + alpha + beta - 1];
        double without = log[alpha - 1] + log[beta - 1] - log[alpha + beta - 1];
        return Math.exp(choose + with - without);
    }

    private static double[] logFactorials(int most) {
        double[] log = new double[most + 1];
        for (int i = 2; i <= most; i++) {
            log[i] = log[i - 1] + Math.log(i);
        }
        return log;
    }
}
