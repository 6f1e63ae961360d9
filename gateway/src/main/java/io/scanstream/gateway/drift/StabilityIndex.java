package io.scanstream.gateway.drift;

import io.scanstream.contracts.api.DriftView;
import java.util.ArrayList;
import java.util.List;

/**
 * The population stability index of two distributions: the sum over groups of (p − q) · ln(p / q), Jeffreys' divergence of
 * their shares. Half a case is added to each group, so that an empty one has a share too.
 *
 * <p>Were both drawn from one distribution, the index divided by 1/n + 1/m, of n and m cases, would be distributed as
 * chi-square with one degree of freedom less than there are groups (Yurdakul and Naranjo, Statistical properties of the
 * population stability index, 2020): with few cases a large index means nothing.
 *
 * @param index 0 where the shares are the same
 * @param byChance what the index exceeds by chance alone in one of a thousand comparisons
 */
record StabilityIndex(double index, double byChance, List<DriftView.Group> groups) {
    /** Of the standard normal distribution, the quantile of 0.999. */
    private static final double Z = 3.0902;

    /** The share of the reference that a group of bins has at least, where bins are put together. */
    private static final double GROUP = 0.1;

    StabilityIndex {
        groups = List.copyOf(groups);
    }

    /** Compares counts of categories; each is a group. */
    static StabilityIndex ofCategories(List<String> labels, List<Long> reference, List<Long> inService) {
        double n = total(inService);
        double m = total(reference);
        int count = labels.size();
        double index = 0;
        List<DriftView.Group> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double p = (inService.get(i) + 0.5) / (n + 0.5 * count);
            double q = (reference.get(i) + 0.5) / (m + 0.5 * count);
            index += (p - q) * Math.log(p / q);
            groups.add(new DriftView.Group(labels.get(i), share(reference.get(i), m), share(inService.get(i), n)));
        }
        return new StabilityIndex(index, quantile(count - 1) * (1 / n + 1 / m), groups);
    }

    private static double share(long cases, double of) {
        return of == 0 ? 0 : cases / of;
    }

    /**
     * Compares counts of bins in their order. Neighbours are put together until a tenth of the reference is in the group; a bin
     * with as much by itself begins one.
     *
     * @param label of the bins from one to another, that one not included
     */
    static StabilityIndex ofBins(List<Long> reference, List<Long> inService, Range label) {
        double enough = GROUP * total(reference);
        List<String> labels = new ArrayList<>();
        List<Long> ofReference = new ArrayList<>();
        List<Long> ofService = new ArrayList<>();
        int from = 0;
        for (int bin = 0; bin < reference.size(); bin++) {
            boolean last = bin + 1 == reference.size();
            boolean full = total(reference.subList(from, bin + 1)) >= enough;
            if (last || full || reference.get(bin + 1) >= enough) {
                labels.add(label.of(from, bin + 1));
                ofReference.add((long) total(reference.subList(from, bin + 1)));
                ofService.add((long) total(inService.subList(from, bin + 1)));
                from = bin + 1;
            }
        }
        return ofCategories(labels, ofReference, ofService);
    }

    /** Names the values of some bins. */
    interface Range {
        String of(int from, int to);
    }

    private static double total(List<Long> counts) {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /** Of chi-square, the quantile of 0.999, by Wilson and Hilferty's approximation (1931), 4 % too high at the most. */
    private static double quantile(int freedom) {
        if (freedom < 1) {
            return 0;
        }
        double spread = 2.0 / (9 * freedom);
        return freedom * Math.pow(1 - spread + Z * Math.sqrt(spread), 3);
    }
}
