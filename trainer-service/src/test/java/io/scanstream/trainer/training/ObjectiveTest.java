package io.scanstream.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Losses against their definitions, written out in doubles. */
@SuppressWarnings("try") // scopes act by being open
class ObjectiveTest {
    private static final double EXACT = 1e-6;
    private static final double[][] LOGITS = {{1.2, -0.3, 0.4}, {-2.0, 0.1, 0.9}};
    private static final long[] LABELS = {0, 2};

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @Test
    void crossEntropyWeighsClassesAsPyTorchDoes() {
        assertThat(ofClasses("{type: crossEntropy}", null)).isCloseTo((-log(0, 0) - log(1, 2)) / 2, within(EXACT));
        // The names sort to: narrow, plain, wide.
        assertThat(ofClasses("{type: crossEntropy, classWeights: {wide: 3}}", null))
                .isCloseTo((-log(0, 0) - 3 * log(1, 2)) / 4, within(EXACT));
        double uniform = -(log(0, 0) + log(0, 1) + log(0, 2)) / 3;
        double other = -(log(1, 0) + log(1, 1) + log(1, 2)) / 3;
        assertThat(ofClasses("{type: crossEntropy, labelSmoothing: 0.1}", null))
                .isCloseTo(0.9 * (-log(0, 0) - log(1, 2)) / 2 + 0.1 * (uniform + other) / 2, within(EXACT));
    }

    @Test
    void balancedWeightsComeFromTheTrainingImages() {
        TestScans uneven = new TestScans(8, "plain", "wide", "narrow")
                .with(Split.TRAIN, 6)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 1);
        Recipe recipe = recipe("{type: crossEntropy, balanced: true}", Map.of("data.classAliases", "{narrow: plain}"));
        // 12 plain, 6 wide: weights 18 / (2 * 12) and 18 / (2 * 6).
        double[][] logits = {{0.5, -0.5}, {0.5, -0.5}};
        double plain = -Math.log(1 / (1 + Math.exp(-1)));
        double wide = -Math.log(1 / (1 + Math.exp(1)));
        try (Objective objective = new Objective(recipe, uneven.data(recipe), libtorch);
                PointerScope scope = new PointerScope()) {
            assertThat(objective
                            .loss(tensor(logits), new Objective.Targets(Tensor.create(new long[] {0, 1}), null, null))
                            .item_double())
                    .isCloseTo((0.75 * plain + 1.5 * wide) / 2.25, within(EXACT));
        }
    }

    @Test
    void mixedLabelsShareTheLoss() {
        double[] own = {0.7, 1};
        double expected = (-0.7 * log(0, 0) - 0.3 * log(0, 1) - log(1, 2)) / 2;

        assertThat(ofClasses("{type: crossEntropy}", own)).isCloseTo(expected, within(EXACT));
        assertThat(ofClasses("{type: focal, gamma: 0}", own)).isCloseTo(expected, within(EXACT));
    }

    @Test
    void focalPlaysDownWhatIsSure() {
        double expected = -(Math.pow(1 - p(0, 0), 2) * log(0, 0) + Math.pow(1 - p(1, 2), 2) * log(1, 2)) / 2;

        assertThat(ofClasses("{type: focal, gamma: 2}", null)).isCloseTo(expected, within(EXACT));
    }

    @Test
    void oneLogitSpeaksForThePositiveClass() {
        double first = -Math.log(1 / (1 + Math.exp(-0.8)));
        double second = -Math.log(1 / (1 + Math.exp(-0.5)));

        // Positive is "wide", the second class; the labels are wide, plain.
        assertThat(ofOneLogit("{type: bceWithLogits}")).isCloseTo((first + second) / 2, within(EXACT));
        assertThat(ofOneLogit("{type: bceWithLogits, positiveWeight: 3}"))
                .isCloseTo((3 * first + second) / 2, within(EXACT));
        double smoothed = 0.9 * first + 0.1 * -Math.log(1 - 1 / (1 + Math.exp(-0.8)));
        double smoothedSecond = 0.9 * second + 0.1 * -Math.log(1 - 1 / (1 + Math.exp(-0.5)));
        assertThat(ofOneLogit("{type: bceWithLogits, labelSmoothing: 0.2}"))
                .isCloseTo((smoothed + smoothedSecond) / 2, within(EXACT));
    }

    @Test
    void diceComparesMasksAndAddsToCrossEntropy() {
        TestScans masks = new TestScans(8, "back", "gland")
                .withMasks(Split.TRAIN, 2)
                .withMasks(Split.VALIDATION, 1)
                .withMasks(Split.TEST, 1);
        // One image of 1 x 2 pixels: probabilities of gland 0.8 and 0.4, mask gland and background.
        double dice = 1 - (2 * 0.8 + 1) / (0.8 + 0.4 + 1 + 1);
        double crossEntropy = -(Math.log(0.8) + Math.log(0.6)) / 2;

        assertThat(ofMask(masks, "{type: dice}")).isCloseTo(dice, within(EXACT));
        assertThat(ofMask(
                        masks,
                        "{type: combined, parts: [{loss: {type: dice}, weight: 2}, {loss: {type: crossEntropy}}]}"))
                .isCloseTo(2 * dice + crossEntropy, within(EXACT));
        double background = 1 - (2 * 0.6 + 1) / (0.2 + 0.6 + 1 + 1);
        assertThat(ofMask(masks, "{type: dice, background: true}")).isCloseTo((dice + background) / 2, within(EXACT));
    }

    @Test
    void batchesOfMasksAddUpToOne() {
        TestScans masks = new TestScans(8, "back", "gland")
                .withMasks(Split.TRAIN, 2)
                .withMasks(Split.VALIDATION, 1)
                .withMasks(Split.TEST, 1);
        Recipe recipe = recipe(
                "{type: combined, parts: [{loss: {type: dice}, weight: 2}, {loss: {type: crossEntropy, classWeights: {gland: 3}}}]}",
                Map.of());
        float[] first = {0, 0, 0.5f, -1};
        float[] second = {0.3f, 0, 2, 1};
        float[] both = {0, 0, 0.5f, -1, 0.3f, 0, 2, 1};
        try (Objective objective = new Objective(recipe, masks.data(recipe), libtorch);
                PointerScope scope = new PointerScope()) {
            Objective.Total total = objective.new Total();
            total.add(Tensor.create(first, 1, 2, 1, 2), ofPixels(1, 1, 1));
            total.add(Tensor.create(second, 1, 2, 1, 2), ofPixels(1, 0, 0));

            assertThat(total.loss())
                    .isCloseTo(
                            objective
                                    .loss(Tensor.create(both, 2, 2, 1, 2), ofPixels(2, 1, 1, 0, 0))
                                    .item_double(),
                            within(EXACT));
        }
    }

    private static Objective.Targets ofPixels(int images, long... labels) {
        return new Objective.Targets(Tensor.create(labels, images, 1, 2), null, null);
    }

    private double ofMask(TestScans scans, String loss) {
        Recipe recipe = recipe(loss, Map.of());
        float[] gland = {(float) Math.log(0.8 / 0.2), (float) Math.log(0.4 / 0.6)};
        try (Objective objective = new Objective(recipe, scans.data(recipe), libtorch);
                PointerScope scope = new PointerScope()) {
            Tensor logits = Tensor.create(new float[] {0, 0, gland[0], gland[1]}, 1, 2, 1, 2);
            Tensor labels = Tensor.create(new long[] {1, 0}, 1, 1, 2);
            return objective
                    .loss(logits, new Objective.Targets(labels, null, null))
                    .item_double();
        }
    }

    private double ofClasses(String loss, double[] own) {
        TestScans scans = new TestScans(8, "plain", "wide", "narrow")
                .with(Split.TRAIN, 2)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 1);
        Recipe recipe = recipe(loss, Map.of());
        try (Objective objective = new Objective(recipe, scans.data(recipe), libtorch);
                PointerScope scope = new PointerScope()) {
            Tensor labels = Tensor.create(LABELS);
            Objective.Targets targets = own == null
                    ? new Objective.Targets(labels, null, null)
                    : new Objective.Targets(labels, Tensor.create(new long[] {1, 1}), Tensor.create(new float[] {
                        (float) own[0], (float) own[1]
                    }));
            return objective.loss(tensor(LOGITS), targets).item_double();
        }
    }

    private double ofOneLogit(String loss) {
        TestScans scans = new TestScans(8, "plain", "wide")
                .with(Split.TRAIN, 2)
                .with(Split.VALIDATION, 1)
                .with(Split.TEST, 1);
        Recipe recipe = recipe(loss, Map.of());
        try (Objective objective = new Objective(recipe, scans.data(recipe), libtorch);
                PointerScope scope = new PointerScope()) {
            Objective.Targets targets = new Objective.Targets(Tensor.create(new long[] {1, 0}), null, null);
            return objective
                    .loss(tensor(new double[][] {{0.8}, {-0.5}}), targets)
                    .item_double();
        }
    }

    private static Recipe recipe(String loss, Map<String, String> more) {
        Map<String, String> replaced = new HashMap<>(more);
        replaced.put("loss", loss);
        return TestScans.recipe(8, replaced);
    }

    private static Tensor tensor(double[][] rows) {
        float[] flat = new float[rows.length * rows[0].length];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) rows[i / rows[0].length][i % rows[0].length];
        }
        return Tensor.create(flat, rows.length, rows[0].length);
    }

    private static double p(int row, int k) {
        double sum = 0;
        for (double logit : LOGITS[row]) {
            sum += Math.exp(logit);
        }
        return Math.exp(LOGITS[row][k]) / sum;
    }

    private static double log(int row, int k) {
        return Math.log(p(row, k));
    }
}
