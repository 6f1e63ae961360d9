package io.scanstream.gateway.drift;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.DriftView;
import io.scanstream.contracts.model.AnswerHistogram;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A version's answers in service beside those of its reference, quantity by quantity. */
final class DriftComparison {
    /** What has drifted has come back below this share of its bound. */
    private static final double BACK = 0.8;

    private final AnswerHistogram reference;
    private final AnswerHistogram answers;

    /**
     * Compares answers of one version.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} if they are about other classes
     */
    DriftComparison(AnswerHistogram reference, AnswerHistogram answers) {
        if (!reference.decisions().keySet().equals(answers.decisions().keySet())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "they are about " + answers.decisions().keySet() + ", and the reference is about "
                            + reference.decisions().keySet() + ".");
        }
        this.reference = reference;
        this.answers = answers;
    }

    /**
     * Each quantity that both have, the one that is furthest beyond its bound first.
     *
     * @param least the bound, unless chance alone goes further
     * @param before the quantities that had drifted when the answers were compared last
     */
    List<DriftView.Quantity> quantities(double least, Set<String> before) {
        Map<String, StabilityIndex> indices = new LinkedHashMap<>();
        indices.put(
                "decision",
                StabilityIndex.ofCategories(
                        List.copyOf(reference.decisions().keySet()),
                        List.copyOf(reference.decisions().values()),
                        reference.decisions().keySet().stream()
                                .map(label -> answers.decisions().getOrDefault(label, 0L))
                                .toList()));
        indices.put(
                "confidence",
                StabilityIndex.ofBins(reference.confidence(), answers.confidence(), DriftComparison::probabilities));
        // Of two classes the one's probability says all of the other's.
        long said = reference.probabilities().size() == 2
                ? 1
                : reference.probabilities().size();
        reference.probabilities().entrySet().stream()
                .skip(reference.probabilities().size() - said)
                .forEach(each -> indices.put(
                        "probability/" + each.getKey(),
                        StabilityIndex.ofBins(
                                each.getValue(),
                                answers.probabilities().getOrDefault(each.getKey(), List.of()),
                                DriftComparison::probabilities)));
        if (reference.distance() != null && answers.distance() != null) {
            indices.put(
                    "distance",
                    StabilityIndex.ofBins(reference.distance(), answers.distance(), DriftComparison::thresholds));
        }
        return indices.entrySet().stream()
                .map(each -> quantity(each.getKey(), each.getValue(), least, before.contains(each.getKey())))
                .sorted(Comparator.comparingDouble((DriftView.Quantity each) -> each.index() / each.bound())
                        .reversed())
                .toList();
    }

    private static DriftView.Quantity quantity(String name, StabilityIndex index, double least, boolean before) {
        double bound = Math.max(least, index.byChance());
        return new DriftView.Quantity(
                name, index.index(), bound, index.index() > (before ? BACK : 1) * bound, index.groups());
    }

    private static String probabilities(int from, int to) {
        return number((double) from / AnswerHistogram.PROBABILITY_BINS) + " to "
                + number((double) to / AnswerHistogram.PROBABILITY_BINS);
    }

    private static String thresholds(int from, int to) {
        String begin = number((double) from / AnswerHistogram.BINS_TO_THRESHOLD);
        return to == AnswerHistogram.DISTANCE_BINS
                ? "above " + begin + " thresholds"
                : begin + " to " + number((double) to / AnswerHistogram.BINS_TO_THRESHOLD) + " thresholds";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value).replaceFirst("\\.?0+$", "");
    }
}
