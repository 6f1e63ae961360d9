package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.metrics.Bootstrap;
import io.scanstream.trainer.metrics.ClassificationMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SubgroupsTest {
    private static final List<String> CLASSES = List.of("benign", "cancer");

    @Test
    void partsAreTheColumnsValuesAndLastTheImagesWithoutOne() {
        Subgroups subgroups =
                new Subgroups(List.of("site", "reader"), samples("south", null, "north", "south", "north"));

        assertThat(subgroups.parts())
                .extracting(Subgroups.Part::column, Subgroups.Part::value, part -> Arrays.toString(part.samples()))
                .containsExactly(
                        tuple("site", "north", "[2, 4]"), tuple("site", "south", "[0, 3]"), tuple("site", null, "[1]"));
    }

    @Test
    void fewNumbersAreValuesInTheirOrder() {
        Subgroups subgroups = new Subgroups(List.of("site"), samples("10", "9", "none", "9"));

        assertThat(subgroups.parts()).extracting(Subgroups.Part::value).containsExactly("9", "10", "none");
    }

    @Test
    void manyNumbersAreCutIntoBandsOfAboutAsManyImages() {
        String[] ages =
                IntStream.range(0, 44).mapToObj(i -> Integer.toString(30 + i)).toArray(String[]::new);
        ages[3] = null;

        assertThat(new Subgroups(List.of("site"), samples(ages)).parts())
                .extracting(Subgroups.Part::value, part -> part.samples().length)
                .containsExactly(
                        tuple("30 to 41", 11),
                        tuple("42 to 52", 11),
                        tuple("53 to 63", 11),
                        tuple("64 to 73", 10),
                        tuple(null, 1));
    }

    @Test
    void equalNumbersStayTogether() {
        String[] ages = IntStream.range(0, 40)
                .mapToObj(i -> Integer.toString(i < 18 ? 50 : 50 + i))
                .toArray(String[]::new);

        assertThat(new Subgroups(List.of("site"), samples(ages)).parts())
                .extracting(Subgroups.Part::value, part -> part.samples().length)
                .containsExactly(
                        tuple("50 to 50", 18), tuple("68 to 75", 8), tuple("76 to 82", 7), tuple("83 to 89", 7));
    }

    @Test
    void aColumnThatNamesSingleImagesHasNoParts() {
        String[] names = IntStream.range(0, 40).mapToObj(i -> "scan " + i).toArray(String[]::new);

        Subgroups subgroups = new Subgroups(List.of("site"), samples(names));

        assertThat(subgroups.parts()).isEmpty();
        assertThat(subgroups.warnings(metrics(40, 0)))
                .singleElement()
                .asString()
                .contains("site has 40 values");
    }

    @Test
    void warnsOfFewImagesAndOfPartsThatAreWorse() {
        Metrics good = metrics(200, 4);
        Metrics bad = metrics(60, 30);
        Metrics few = metrics(29, 0);
        Metrics test = metrics(289, 34)
                .withSubgroups(List.of(
                        new Metrics.Subgroup("site", "north", good),
                        new Metrics.Subgroup("site", "south", bad),
                        new Metrics.Subgroup("site", null, few)));

        assertThat(new Subgroups(List.of(), List.of()).warnings(test))
                .satisfiesExactly(
                        worse -> assertThat(worse)
                                .startsWith("Subgroup site south is worse")
                                .contains("accuracy 0.500"),
                        small -> assertThat(small).startsWith("Subgroup site unknown has 29 test images"));
    }

    private static Metrics metrics(int images, int mistakes) {
        float[][] probabilities = new float[images][];
        int[] labels = new int[images];
        for (int i = 0; i < images; i++) {
            labels[i] = i % 2;
            boolean right = i >= mistakes;
            probabilities[i] = right == (labels[i] == 0) ? new float[] {0.9f, 0.1f} : new float[] {0.1f, 0.9f};
        }
        DecisionRule rule = DecisionRule.MOST_PROBABLE;
        return ClassificationMetrics.of(CLASSES, probabilities, labels, 1, rule)
                .withIntervals(Bootstrap.ofClassifier(CLASSES, probabilities, labels, 1, rule));
    }

    private static List<Sample> samples(@Nullable String... sites) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < sites.length; i++) {
            samples.add(new Sample(
                    new Manifest.Entry(
                            "test/" + i + ".png",
                            "ab",
                            1,
                            "benign",
                            Split.TEST,
                            null,
                            null,
                            null,
                            null,
                            null,
                            sites[i] == null ? Map.of() : Map.of("site", sites[i])),
                    0));
        }
        return samples;
    }
}
