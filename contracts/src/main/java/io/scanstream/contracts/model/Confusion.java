package io.scanstream.contracts.model;

import java.util.ArrayList;
import java.util.List;

/** Counts of decisions by true class, and the rates that follow from them. Not thread-safe. */
public final class Confusion {
    private final List<String> classes;
    private final int[][] counts;

    public Confusion(List<String> classes) {
        this.classes = List.copyOf(classes);
        this.counts = new int[classes.size()][classes.size()];
    }

    /** Counts one decision; both are indices in class order. */
    public void add(int truth, int decision) {
        counts[truth][decision]++;
    }

    public List<String> classes() {
        return classes;
    }

    /** How many were counted. */
    public int total() {
        int total = 0;
        for (int truth = 0; truth < counts.length; truth++) {
            total += row(truth);
        }
        return total;
    }

    /** Share of right decisions; 0 where nothing was counted. */
    public double accuracy() {
        int right = 0;
        for (int i = 0; i < counts.length; i++) {
            right += counts[i][i];
        }
        return share(right, total());
    }

    /** Mean of the classes' F1. */
    public double macroF1() {
        return perClass().stream().mapToDouble(Metrics.PerClass::f1).average().orElse(0);
    }

    /** Precision, recall and F1 in class order; 0 where they are not defined. */
    public List<Metrics.PerClass> perClass() {
        List<Metrics.PerClass> figures = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            double precision = share(counts[i][i], column(i));
            double recall = share(counts[i][i], row(i));
            double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            figures.add(new Metrics.PerClass(classes.get(i), row(i), precision, recall, f1));
        }
        return figures;
    }

    /** {@code [true][decided]}, in class order. */
    public List<List<Integer>> counts() {
        List<List<Integer>> rows = new ArrayList<>();
        for (int[] row : counts) {
            rows.add(java.util.Arrays.stream(row).boxed().toList());
        }
        return rows;
    }

    private int row(int truth) {
        int sum = 0;
        for (int count : counts[truth]) {
            sum += count;
        }
        return sum;
    }

    private int column(int decision) {
        int sum = 0;
        for (int[] row : counts) {
            sum += row[decision];
        }
        return sum;
    }

    private static double share(int part, int whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
