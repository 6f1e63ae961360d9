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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every figure is scikit-learn's, on random scores with many ties and on random masks. */
class ScikitLearnTest {
    private static final double EXACT = 1e-9;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"2, 0", "2, 1", "3, 1", "7, 0"})
    void agreesOnClassification(int classes, int positive) throws Exception {
        DebianPython.require("sklearn");
        Random random = new Random(100L * classes + positive);
        float[][] probabilities = new float[400][];
        int[] labels = new int[probabilities.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(classes);
            probabilities[i] = row(random, classes, labels[i]);
        }

        Metrics ours = ClassificationMetrics.of(names(classes), probabilities, labels, positive);
        JsonNode theirs = ask(
                "sklearn_metrics.py", Map.of("probabilities", probabilities, "labels", labels, "positive", positive));

        assertThat(ours.figures()).hasSize(6);
        ours.figures().forEach((name, value) -> assertThat(value)
                .as(name)
                // scikit-learn adds float32 rows up before it takes their logarithm.
                .isCloseTo(theirs.get(name).doubleValue(), within(name.equals("logLoss") ? 1e-6 : EXACT)));
        assertThat(Json.text(ours.confusion()))
                .isEqualTo(theirs.get("confusion").toString());
        for (int k = 0; k < classes; k++) {
            JsonNode mine = Json.mapper().valueToTree(ours.perClass().get(k));
            theirs.get("perClass").get(k).properties().forEach(figure -> assertThat(
                            mine.get(figure.getKey()).doubleValue())
                    .as(figure.getKey())
                    .isCloseTo(figure.getValue().doubleValue(), within(EXACT)));
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

    /** Tenths, so that many are equal; the true class a little more probable. */
    private static float[] row(Random random, int classes, int label) {
        int[] tenths = new int[classes];
        for (int i = 0; i < 10; i++) {
            tenths[random.nextInt(3) == 0 ? label : random.nextInt(classes)]++;
        }
        float[] row = new float[classes];
        for (int k = 0; k < classes; k++) {
            row[k] = tenths[k] / 10f;
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
