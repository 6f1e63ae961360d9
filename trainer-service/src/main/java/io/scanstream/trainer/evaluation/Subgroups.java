package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Interval;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.data.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Parts of a split by what the data set's tables say of its images. A column of numbers with more than {@value #MOST_VALUES}
 * of them is cut into four bands that hold about as many images each; of any other column with so many values no figures are
 * told, since it names single images rather than kinds.
 */
final class Subgroups {
    /** Below it a part's figures say little. */
    static final int FEW_IMAGES = 30;

    private static final int MOST_VALUES = 20;
    private static final int BANDS = 4;

    private final List<Part> parts = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();

    /**
     * Some of a split's images.
     *
     * @param value absent for those without a value
     * @param samples their indices in the split, ascending
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Part(String column, @Nullable String value, int[] samples) {}

    /** Parts a split by each of the columns. */
    Subgroups(List<String> columns, List<Sample> samples) {
        for (String column : columns) {
            List<@Nullable String> values = new ArrayList<>();
            for (Sample sample : samples) {
                values.add(sample.entry().columns().get(column));
            }
            part(column, values);
        }
    }

    private void part(String column, List<@Nullable String> values) {
        List<String> distinct = known(values).stream().distinct().toList();
        List<@Nullable String> kinds = values;
        if (distinct.size() > MOST_VALUES) {
            if (!distinct.stream().allMatch(Subgroups::isNumber)) {
                leftOut.add(column + " has " + distinct.size() + " values on the test split, more than the "
                        + MOST_VALUES + " that subgroups are told for.");
                return;
            }
            kinds = banded(values);
        }
        TreeMap<String, List<Integer>> byKind = new TreeMap<>(Subgroups::compare);
        List<Integer> without = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            String kind = kinds.get(i);
            (kind == null ? without : byKind.computeIfAbsent(kind, absent -> new ArrayList<>())).add(i);
        }
        byKind.forEach((kind, samples) -> parts.add(new Part(column, kind, indices(samples))));
        if (!without.isEmpty() && !byKind.isEmpty()) {
            parts.add(new Part(column, null, indices(without)));
        }
    }

    /** Each number's band, named by the least and the greatest number that is in it. Equal numbers are in one band. */
    private static List<@Nullable String> banded(List<@Nullable String> values) {
        double[] sorted =
                known(values).stream().mapToDouble(Double::parseDouble).sorted().toArray();
        TreeMap<Double, String> byLeast = new TreeMap<>();
        int next = 0;
        for (int bandsLeft = BANDS; next < sorted.length; bandsLeft = Math.max(1, bandsLeft - 1)) {
            int last = next + (sorted.length - next + bandsLeft - 1) / bandsLeft - 1;
            while (last + 1 < sorted.length && sorted[last + 1] == sorted[last]) {
                last++;
            }
            byLeast.put(sorted[next], plain(sorted[next]) + " to " + plain(sorted[last]));
            next = last + 1;
        }
        List<@Nullable String> bands = new ArrayList<>();
        for (String value : values) {
            bands.add(
                    value == null
                            ? null
                            : byLeast.floorEntry(Double.parseDouble(value)).getValue());
        }
        return bands;
    }

    private static List<String> known(List<@Nullable String> values) {
        List<String> known = new ArrayList<>();
        for (String value : values) {
            if (value != null) {
                known.add(value);
            }
        }
        return known;
    }

    private static String plain(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1e15
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private static boolean isNumber(String value) {
        return value.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)");
    }

    /** Numbers, and bands by their lower end, by value; before anything else by the alphabet. */
    private static int compare(String left, String right) {
        double leftNumber = leading(left);
        double rightNumber = leading(right);
        int byNumber = Double.compare(leftNumber, rightNumber);
        return byNumber == 0 ? left.compareTo(right) : byNumber;
    }

    private static double leading(String value) {
        int blank = value.indexOf(' ');
        String first = blank < 0 ? value : value.substring(0, blank);
        return isNumber(first) ? Double.parseDouble(first) : Double.POSITIVE_INFINITY;
    }

    private static int[] indices(List<Integer> samples) {
        return samples.stream().mapToInt(Integer::intValue).toArray();
    }

    /** In the columns' order, within a column by value, images without one last. */
    List<Part> parts() {
        return Collections.unmodifiableList(parts);
    }

    /**
     * What whoever uses the model should know.
     *
     * @param test of the whole test split, with the figures of its parts
     */
    List<String> warnings(Metrics test) {
        List<String> warnings = new ArrayList<>();
        leftOut.forEach(column -> warnings.add("No subgroups: " + column));
        boolean masks = test.segmentation() != null;
        String figure = masks ? "dice" : "accuracy";
        double whole = figure(test);
        for (Metrics.Subgroup subgroup : test.subgroups()) {
            String name =
                    "Subgroup " + subgroup.column() + " " + (subgroup.value() == null ? "unknown" : subgroup.value());
            int images = subgroup.metrics().images();
            if (images < FEW_IMAGES) {
                warnings.add(name + " has " + images + " test images, fewer than " + FEW_IMAGES
                        + ": its figures are unsure.");
            }
            Interval interval = subgroup.metrics().intervals().get(figure);
            if (interval != null && interval.high() < whole) {
                warnings.add(String.format(
                        Locale.ROOT,
                        "%s is worse than the test split as a whole: %s %.3f (%.3f to %.3f), of all images %.3f.",
                        name,
                        masks ? "Dice" : figure,
                        figure(subgroup.metrics()),
                        interval.low(),
                        interval.high(),
                        whole));
            }
        }
        return warnings;
    }

    /** By which parts are compared. */
    private static double figure(Metrics metrics) {
        Metrics.Segmentation overlap = metrics.segmentation();
        return overlap == null ? metrics.accuracy() : overlap.dice();
    }
}
