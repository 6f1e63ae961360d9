package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.onnx.OnnxModel;
import java.util.List;

/**
 * What a model says of the images of one split.
 *
 * @param probabilities {@code [images][classes]}, in the split's order
 * @param labels true class of each image
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, and a split is large
record SplitScores(float[][] probabilities, int[] labels) {
    private static final int BATCH = 64;

    /** Sees batches as they are scored. */
    interface BatchObserver {
        void scored(Batch batch);
    }

    /** Scores samples through ONNX Runtime. */
    static SplitScores of(OnnxModel model, TrainingData data, List<Sample> samples, BatchObserver observer) {
        float[][] probabilities = new float[samples.size()][];
        int[] labels = samples.stream().mapToInt(Sample::label).toArray();
        int next = 0;
        try (BatchLoader loader = new BatchLoader(
                        data,
                        new Augmenter(List.of(), data.preprocessing()),
                        BATCH,
                        Runtime.getRuntime().availableProcessors());
                BatchLoader.BatchStream batches = loader.inOrder(samples)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    for (float[] row : model.score(batch.pixels(), batch.size()).probabilities()) {
                        probabilities[next++] = row;
                    }
                    observer.scored(batch);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(ErrorCode.CANCELLED, "the evaluation's thread was interrupted.", e);
        }
        return new SplitScores(probabilities, labels);
    }
}
