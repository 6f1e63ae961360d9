package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.metrics.Ranking;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What evaluating one split gave.
 *
 * @param rankings of each class against the rest, in class order; empty for segmentation
 * @param answers of a classifier only
 * @param images a line for each image, for those who may see the data
 * @param gallery the worst answers
 */
record SplitResult(
        Metrics metrics, List<Ranking> rankings, @Nullable Answers answers, Table images, Gallery gallery) {
    SplitResult {
        rankings = List.copyOf(rankings);
    }
}
