package io.scanstream.contracts.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a classifier did on one split, computed through ONNX Runtime. Rates are 0 to 1.
 *
 * @param images how many were scored
 * @param accuracy share of right decisions
 * @param macroF1 mean of the classes' F1
 * @param logLoss mean negative natural logarithm of the true class's probability
 * @param rocAuc for two classes, of the positive class; for more, the mean of one class against the rest; absent where a
 *     class has no image
 * @param perClass in class order
 * @param confusion {@code [true][predicted]} counts, in class order
 */
public record Metrics(
        int images,
        double accuracy,
        double macroF1,
        double logLoss,
        @Nullable Double rocAuc,
        List<PerClass> perClass,
        List<List<Integer>> confusion) {

    /** One class's figures; where nothing was predicted or there is no image, precision or recall is 0. */
    public record PerClass(String label, int images, double precision, double recall, double f1) {}

    public Metrics {
        perClass = List.copyOf(perClass);
        confusion = confusion.stream().map(List::copyOf).toList();
    }
}
