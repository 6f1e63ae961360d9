package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.metrics.Ranking;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What evaluating one split gave.
 *
 * @param rankings of each class against the rest, in class order; empty for segmentation
 * @param dice of each image, in the split's order; empty for a classifier
 * @param answers of a classifier only
 * @param warnings what the figures of subgroups give reason to say
 * @param images a line for each image, for those who may see the data
 * @param gallery the worst answers
 */
record SplitResult(
        Metrics metrics,
        List<Ranking> rankings,
        List<Double> dice,
        @Nullable Answers answers,
        List<String> warnings,
        Table images,
        Gallery gallery) {
    SplitResult {
        warnings = List.copyOf(warnings);
        rankings = List.copyOf(rankings);
        dice = List.copyOf(dice);
    }
}
