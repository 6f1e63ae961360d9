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

    /** Scores samples. */
    static void run(OnnxModel model, TrainingData data, List<Sample> samples, Observer observer) {
        int next = 0;
        try (BatchLoader loader = new BatchLoader(
                        data,
                        new Augmenter(List.of(), data.preprocessing()),
                        model.batchSize(),
                        Runtime.getRuntime().availableProcessors());
                BatchLoader.BatchStream batches = loader.inOrder(samples)) {
            while (batches.hasNext()) {
                try (Batch batch = batches.next()) {
                    OnnxModel.Scores scores = model.score(batch.pixels(), batch.size());
                    observer.scored(samples.subList(next, next + batch.size()), batch, scores);
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
