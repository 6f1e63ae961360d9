package io.scanstream.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.DebianPython;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every figure is scikit-learn's, on scores with many ties, on degenerate classes and on random masks. */
class ScikitLearnTest {
    private static final double EXACT = 1e-9;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"2, 0", "2, 1", "3, 1", "7, 0"})
    void agreesOnClassification(int classes, int positive) throws Exception {
        Random random = new Random(100L * classes + positive);
        int[] labels = random.ints(400, 0, classes).toArray();
        float[][] probabilities = rows(random, classes, labels);

        agrees(probabilities, labels, positive);

        assertThat(ClassificationMetrics.of(names(classes), probabilities, labels, positive)
                        .figures())
                .hasSize(6);
    }

    static Stream<Arguments> degenerate() {
        Random random = new Random(77);
        int[] ofTwo = random.ints(60, 0, 2).toArray();
        int[] ofThree = random.ints(60, 0, 3).toArray();
        float[][] sure = new float[60][];
        float[][] wrong = new float[60][];
        float[][] equal = new float[60][];
        float[][] neverTheThird = new float[60][];
        for (int i = 0; i < 60; i++) {
            sure[i] = new float[3];
            sure[i][ofThree[i]] = 1;
            wrong[i] = new float[3];
            wrong[i][(ofThree[i] + 1) % 3] = 1;
            equal[i] = new float[] {0.25f, 0.25f, 0.5f};
            neverTheThird[i] = i % 2 == 0 ? new float[] {0.5f, 0.25f, 0.25f} : new float[] {0.25f, 0.625f, 0.125f};
        }
        return Stream.of(
                Arguments.of("a class without images", rows(random, 3, ofTwo), ofTwo),
                Arguments.of("a class that nothing is decided for", neverTheThird, ofThree),
                Arguments.of("images of one class only", rows(random, 2, new int[60]), new int[60]),
                Arguments.of("one image", new float[][] {{0.25f, 0.75f}}, new int[] {1}),
                Arguments.of("all scores equal", equal, ofThree),
                Arguments.of("all right and sure", sure, ofThree),
                Arguments.of("all wrong and sure", wrong, ofThree));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("degenerate")
    void agreesWhereFiguresHardlyMeanAnything(String name, float[][] probabilities, int[] labels) throws Exception {
        for (int positive = 0; positive < (probabilities[0].length == 2 ? 2 : 1); positive++) {
            agrees(probabilities, labels, positive);
        }
    }

    private void agrees(float[][] probabilities, int[] labels, int positive) throws Exception {
        DebianPython.require("sklearn");
        int classes = probabilities[0].length;
        Metrics ours = ClassificationMetrics.of(names(classes), probabilities, labels, positive);
        JsonNode theirs = ask(
                "sklearn_metrics.py", Map.of("probabilities", probabilities, "labels", labels, "positive", positive));

        JsonNode figures = Json.mapper().valueToTree(ours.figures());
        for (String figure : List.of("accuracy", "balancedAccuracy", "macroF1", "logLoss", "auc", "averagePrecision")) {
            isSame(figure, figures.path(figure), theirs.get(figure));
        }
        assertThat(Json.text(ours.confusion()))
                .isEqualTo(theirs.get("confusion").toString());
        for (int k = 0; k < classes; k++) {
            JsonNode mine = Json.mapper().valueToTree(ours.perClass().get(k));
            theirs.get("perClass")
                    .get(k)
                    .properties()
                    .forEach(figure -> isSame(figure.getKey(), mine.path(figure.getKey()), figure.getValue()));
        }
    }

    /** To 1e-9, and absent where it is not defined there. */
    private static void isSame(String figure, JsonNode ours, JsonNode theirs) {
        if (theirs.isNull()) {
            assertThat(ours.isMissingNode() || ours.isNull()).as(figure).isTrue();
        } else {
            assertThat(ours.isNumber()).as(figure).isTrue();
            assertThat(ours.doubleValue()).as(figure).isCloseTo(theirs.doubleValue(), within(EXACT));
        }
    }

    @Test
    void agreesOnSegmentation() throws Exception {
        DebianPython.require("sklearn");
        int classes = 4;
        int images = 12;
        int pixels = 50;
        Random random = new Random(5);
        int[][] truths = new int[images][pixels];
        int[][] decisions = new int[images][pixels];
        SegmentationMetrics collected = new SegmentationMetrics(names(classes));
        for (int image = 0; image < images; image++) {
            // Some images have the first classes only, so that a class is in neither mask.
            int there = 1 + random.nextInt(classes);
            truths[image] = random.ints(pixels, 0, there).toArray();
            decisions[image] = random.ints(pixels, 0, there).toArray();
        }
        collected.add(bytes(truths), bytes(decisions), images);

        Metrics.Segmentation ours = collected.metrics(0).segmentation();
        JsonNode theirs =
                ask("sklearn_overlap.py", Map.of("truths", truths, "decisions", decisions, "classes", classes));

        assertThat(ours).isNotNull();
        for (int k = 0; k < classes; k++) {
            JsonNode mine = Json.mapper().valueToTree(ours.perClass().get(k));
            for (String figure : List.of("dice", "iou", "diceOverall", "iouOverall")) {
                assertThat(mine.get(figure).doubleValue())
                        .as(figure + " of class " + k)
                        .isCloseTo(theirs.get(figure).get(k).doubleValue(), within(EXACT));
            }
        }
    }

    private static float[][] rows(Random random, int classes, int[] labels) {
        return Arrays.stream(labels)
                .mapToObj(label -> row(random, classes, label))
                .toArray(float[][]::new);
    }

    /** Sixteenths: many are equal, and rows add up to exactly 1. The true class is a little more probable. */
    private static float[] row(Random random, int classes, int label) {
        float[] row = new float[classes];
        for (int i = 0; i < 16; i++) {
            row[random.nextInt(3) == 0 ? label : random.nextInt(classes)] += 1 / 16f;
        }
        return row;
    }

    private JsonNode ask(String script, Object question) throws Exception {
        Path file = folder.resolve("question.json");
        Files.write(file, Json.bytes(question));
        return Json.mapper().readTree(DebianPython.run(script, file.toString()));
    }

    private static ByteBuffer bytes(int[][] masks) {
        ByteBuffer buffer = ByteBuffer.allocate(masks.length * masks[0].length);
        for (int[] mask : masks) {
            for (int value : mask) {
                buffer.put((byte) value);
            }
        }
        return buffer.flip();
    }

    private static List<String> names(int classes) {
        return new ArrayList<>(
                IntStream.range(0, classes).mapToObj(k -> "class" + k).toList());
    }
}
