package io.scanstream.trainer.training;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Metric;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.metrics.ClassificationMetrics;
import io.scanstream.trainer.metrics.SegmentationMetrics;
import io.scanstream.trainer.network.Network;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Measures a network on the validation split, natively. */
@SuppressWarnings("try") // scopes and guards act by being open
final class Validator {
    private final Network network;
    private final Objective objective;
    private final BatchLoader loader;
    private final TrainingData data;

    /**
     * What a network does on the validation split.
     *
     * @param figures by {@link Metric#key}
     * @param classesDecided how many classes an image, or a pixel, was decided for
     */
    record Figures(Map<String, Double> figures, int classesDecided) {}

    Validator(Network network, Objective objective, BatchLoader loader, TrainingData data) {
        this.network = network;
        this.objective = objective;
        this.loader = loader;
        this.data = data;
    }

    /**
     * Measures the network as it is.
     *
     * @return empty if it was asked to stop before the end
     */
    Optional<Figures> measure(StopSignal stop) throws InterruptedException {
        List<Sample> samples = data.validation();
        Decisions decisions = data.task() == Task.SEGMENTATION ? new OfPixels() : new OfImages();
        Objective.Total total = objective.new Total();
        try (NoGradGuard guard = new NoGradGuard();
                BatchLoader.BatchStream batches = loader.inOrder(samples)) {
            while (batches.hasNext()) {
                if (stop.requested()) {
                    return Optional.empty();
                }
                try (Batch batch = batches.next();
                        PointerScope scope = new PointerScope()) {
                    Tensor logits =
                            network.forward(batch.pixels(), batch.size(), batch.heightPx(), batch.widthPx(), false);
                    total.add(logits, objective.targets(batch));
                    decisions.add(logits, batch);
                }
            }
        }
        Metrics metrics = decisions.metrics();
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put(Metric.LOSS.key(), total.loss());
        metrics.figures().forEach((name, figure) -> {
            if (!figure.isNaN()) {
                figures.put(name, figure);
            }
        });
        return Optional.of(new Figures(figures, classesDecided(metrics)));
    }

    private static int classesDecided(Metrics metrics) {
        int decided = 0;
        for (int k = 0; k < metrics.confusion().size(); k++) {
            int predicted = k;
            if (metrics.confusion().stream().anyMatch(row -> row.get(predicted) > 0)) {
                decided++;
            }
        }
        return decided;
    }

    /** Collects what logits decide. */
    private interface Decisions {
        void add(Tensor logits, Batch batch);

        Metrics metrics();
    }

    private final class OfImages implements Decisions {
        private final List<float[]> probabilities = new ArrayList<>();
        private final List<Long> labels = new ArrayList<>();

        @Override
        public void add(Tensor logits, Batch batch) {
            boolean oneLogit = logits.size(1) == 1;
            int columns = (int) logits.size(1);
            float[] values = new float[batch.size() * columns];
            (oneLogit ? logits.sigmoid() : logits.softmax(1))
                    .cpu()
                    .contiguous()
                    .data_ptr_float()
                    .get(values);
            for (int i = 0; i < batch.size(); i++) {
                float[] row = new float[data.classes().size()];
                if (oneLogit) {
                    row[objective.positive()] = values[i];
                    row[1 - objective.positive()] = 1 - values[i];
                } else {
                    System.arraycopy(values, i * columns, row, 0, columns);
                }
                probabilities.add(row);
                labels.add(batch.labels()[i]);
            }
        }

        @Override
        public Metrics metrics() {
            return ClassificationMetrics.of(
                    data.classes(),
                    probabilities.toArray(float[][]::new),
                    labels.stream().mapToInt(Long::intValue).toArray(),
                    objective.positive());
        }
    }

    private final class OfPixels implements Decisions {
        private final SegmentationMetrics overlap = new SegmentationMetrics(data.classes());

        @Override
        public void add(Tensor logits, Batch batch) {
            Tensor bytes = decided(logits).to(torch.ScalarType.Byte).cpu().contiguous();
            ByteBuffer decisions = bytes.data_ptr_byte().capacity(bytes.numel()).asByteBuffer();
            overlap.add(batch.masks().orElseThrow(), decisions, batch.size());
        }

        /** Class indices, {@code [N, H, W]}. */
        private Tensor decided(Tensor logits) {
            if (logits.size(1) > 1) {
                return logits.argmax(new LongOptional(1), false);
            }
            Tensor logit = logits.squeeze(1);
            return objective.positive() == 1 ? logit.gt(new Scalar(0)) : logit.le(new Scalar(0));
        }

        @Override
        public Metrics metrics() {
            // The loss is the recipe's here, not the logarithm of the probabilities.
            return overlap.metrics(Double.NaN);
        }
    }
}
