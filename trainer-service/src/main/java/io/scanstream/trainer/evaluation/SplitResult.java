package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.metrics.Ranking;
import java.util.List;

/**
 * What evaluating one split gave.
 *
 * @param rankings of each class against the rest, in class order; empty for segmentation
 * @param images a line for each image, for those who may see the data
 * @param gallery the worst answers
 */
record SplitResult(Metrics metrics, List<Ranking> rankings, Table images, Gallery gallery) {
    SplitResult {
        rankings = List.copyOf(rankings);
    }
}
