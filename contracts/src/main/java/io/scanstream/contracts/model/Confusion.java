package io.scanstream.contracts.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Counts of decisions by true class, and the rates that follow from them. Not thread-safe. */
public final class Confusion {
    private final List<String> classes;
    private final long[][] counts;

    public Confusion(List<String> classes) {
        this.classes = List.copyOf(classes);
        this.counts = new long[classes.size()][classes.size()];
    }

    /** Counts one decision; both are indices in class order. */
    public void add(int truth, int decision) {
        add(truth, decision, 1);
    }

    /** Counts equal decisions at once. */
    public void add(int truth, int decision, long times) {
        counts[truth][decision] += times;
    }

    public List<String> classes() {
        return classes;
    }

    /** How many were counted. */
    public long total() {
        long total = 0;
        for (int truth = 0; truth < counts.length; truth++) {
            total += row(truth);
        }
        return total;
    }

    /** Share of right decisions; 0 where nothing was counted. */
    public double accuracy() {
        long right = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
        }
        return share(right, total());
    }

    /** Mean recall of the classes that were counted as true; 0 where nothing was counted. */
    public double balancedAccuracy() {
        return perClass().stream()
                .filter(one -> one.images() > 0)
                .mapToDouble(Metrics.PerClass::recall)
                .average()
                .orElse(0);
    }

    /** Mean of the classes' F1. */
    public double macroF1() {
        return perClass().stream().mapToDouble(Metrics.PerClass::f1).average().orElse(0);
    }

    /** Precision, recall, F1 and specificity in class order; 0 where they are not defined. What needs ranks is absent. */
    public List<Metrics.PerClass> perClass() {
        List<Metrics.PerClass> figures = new ArrayList<>();
        long total = total();
        for (int i = 0; i < counts.length; i++) {
            double precision = share(counts[i][i], column(i));
            double recall = share(counts[i][i], row(i));
            double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            long others = total - row(i);
            double specificity = share(others - (column(i) - counts[i][i]), others);
            figures.add(new Metrics.PerClass(classes.get(i), row(i), precision, recall, f1, specificity, null, null));
        }
        return figures;
    }

    /** How many decisions were for a class. */
    public long decidedFor(String label) {
        return column(classes.indexOf(label));
    }

    /** {@code [true][decided]}, in class order. */
    public List<List<Long>> counts() {
        return Arrays.stream(counts)
                .map(row -> Arrays.stream(row).boxed().toList())
                .toList();
    }

    private long row(int truth) {
        return Arrays.stream(counts[truth]).sum();
    }

    private long column(int decision) {
        return Arrays.stream(counts).mapToLong(row -> row[decision]).sum();
    }

    private static double share(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
