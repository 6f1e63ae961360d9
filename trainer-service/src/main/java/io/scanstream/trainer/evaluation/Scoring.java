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

/** Runs images through ONNX Runtime, batch by batch. */
final class Scoring {
    /** Sees batches as they are scored, in the samples' order. */
    interface Observer {
        /**
         * One batch.
         *
         * @param samples of the batch, in its order
         */
        void scored(List<Sample> samples, Batch batch, OnnxModel.Scores scores);
    }

    /** What is done with a batch. */
    interface Step {
        /**
         * One batch.
         *
         * @param samples of the batch, in its order
         */
        void take(List<Sample> samples, Batch batch);
    }

    /** Scores samples. */
    static void run(OnnxModel model, TrainingData data, List<Sample> samples, Observer observer) {
        each(
                model.batchSize(),
                data,
                samples,
                (taken, batch) -> observer.scored(taken, batch, model.score(batch.pixels(), batch.size())));
    }

    /** Loads samples without augmentation, batch by batch, in their order. */
    static void each(int batchSize, TrainingData data, List<Sample> samples, Step step) {
        int next = 0;
        try (BatchLoader loader = new BatchLoader(
                        data,
                        new Augmenter(List.of(), data.preprocessing()),
                        batchSize,
                        Runtime.getRuntime().availableProcessors());
                BatchLoader.BatchStream batches = loader.inOrder(samples)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    step.take(samples.subList(next, next + batch.size()), batch);
                    next += batch.size();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(ErrorCode.CANCELLED, "the evaluation's thread was interrupted.", e);
        }
    }

    private Scoring() {}
}
