package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FeatureDistanceTest {
    private static final int WIDTH = 6;
    private static final int IMAGES = 400;

    private final Random random = new Random(5);
    private final List<float[]> features = new ArrayList<>();
    private final int[] labels = new int[IMAGES];

    /** Two classes, far apart, that vary ten times more in one direction than in the others. */
    private FeatureDistance fitted() {
        for (int i = 0; i < IMAGES; i++) {
            labels[i] = i % 2;
            features.add(drawn(labels[i]));
        }
        return FeatureDistance.fit(features, labels, 3);
    }

    private float[] drawn(int label) {
        float[] drawn = new float[WIDTH];
        for (int c = 0; c < WIDTH; c++) {
            double deviation = c == 2 ? 0.2 : 0.02;
            drawn[c] = (float) ((c == label ? 2 : 1) + deviation * random.nextGaussian());
        }
        return drawn;
    }

    @Test
    void theMeanSquareOfImagesLikeTheTrainingImagesIsNearTheNumberOfFeatures() {
        FeatureDistance distance = fitted();
        assertThat(distance.images()).isEqualTo(IMAGES);
        assertThat(distance.means()).hasNumberOfRows(2);
        double sum = 0;
        for (int i = 0; i < IMAGES; i++) {
            sum += Math.pow(distance(distance, drawn(i % 2)), 2) / IMAGES;
        }
        assertThat(sum).isCloseTo(WIDTH, within(1.0));
    }

    @Test
    void aDirectionThatVariesLittleCountsForMore() {
        FeatureDistance distance = fitted();
        double alongTheWide = distance(distance, 2, 1, 1.2f, 1, 1, 1);
        double alongANarrow = distance(distance, 2, 1, 1, 1.2f, 1, 1);
        assertThat(alongTheWide).isLessThan(3);
        assertThat(alongANarrow).isGreaterThan(3 * alongTheWide);
    }

    @Test
    void nothingAtAllAndTwiceOfAllAreFarAndSoIsAMixOfTheClasses() {
        FeatureDistance distance = fitted();
        assertThat(distance(distance, 2, 1, 1, 1, 1, 1)).isLessThan(1);
        assertThat(distance(distance, 0, 0, 0, 0, 0, 0)).isGreaterThan(20);
        assertThat(distance(distance, 4, 2, 2, 2, 2, 2)).isGreaterThan(20);
        assertThat(distance(distance, 2, 2, 1, 1, 1, 1)).isGreaterThan(10);
    }

    @Test
    void moreFeaturesThanImagesAreEnough() {
        for (int i = 0; i < 12; i++) {
            float[] wide = new float[40];
            for (int c = 0; c < wide.length; c++) {
                wide[c] = 1 + 0.1f * (float) random.nextGaussian();
            }
            features.add(wide);
        }
        FeatureDistance distance = FeatureDistance.fit(features, new int[12], 1);
        assertThat(distance).isNotNull();
        assertThat(distance(distance, features.get(0))).isFinite().isLessThan(20);
    }

    @Test
    void tooFewImagesOrEqualOnesGiveNone() {
        assertThat(FeatureDistance.fit(List.of(new float[] {1, 2}), new int[1], 1))
                .isNull();
        for (int i = 0; i < 20; i++) {
            features.add(new float[] {3, 4});
        }
        assertThat(FeatureDistance.fit(features, new int[20], 1)).isNull();
    }

    /** As the exported graph computes it. */
    private static double distance(FeatureDistance fitted, float... features) {
        int width = features.length;
        double[] white = new double[width];
        for (int c = 0; c < width; c++) {
            double root = Math.sqrt(Math.abs(features[c]) + fitted.floor()) - Math.sqrt(fitted.floor());
            double centred = Math.signum(features[c]) * root - fitted.centre()[c];
            for (int r = 0; r < width; r++) {
                white[r] += centred * fitted.whitening()[c * width + r];
            }
        }
        double least = Double.POSITIVE_INFINITY;
        for (float[] mean : fitted.means()) {
            double square = 0;
            for (int r = 0; r < width; r++) {
                square += (white[r] - mean[r]) * (white[r] - mean[r]);
            }
            least = Math.min(least, square);
        }
        return Math.sqrt(least);
    }
}
