package io.scanstream.trainer.evaluation;

import io.scanstream.trainer.metrics.Temperature;
import java.util.List;

/**
 * What a classifier said of images whose classes are known.
 *
 * @param logits {@code [images][classes]}; a network of one logit has 0 for the other class
 * @param labels index of each image's class
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Answers(float[][] logits, int[] labels) {
    /**
     * Of the raw head.
     *
     * @param logits one row for each image, of one logit or of one for each class
     * @param positive index of the class that a single logit speaks for
     */
    static Answers of(List<float[]> logits, int[] labels, int positive) {
        float[][] rows = logits.toArray(float[][]::new);
        boolean single = rows.length > 0 && rows[0].length == 1;
        return new Answers(single ? Temperature.ofTwo(rows, positive) : rows, labels);
    }

    int images() {
        return labels.length;
    }

    float[][] probabilities(double temperature) {
        return Temperature.probabilities(logits, temperature);
    }

    int count(int label) {
        int count = 0;
        for (int one : labels) {
            count += one == label ? 1 : 0;
        }
        return count;
    }
}
