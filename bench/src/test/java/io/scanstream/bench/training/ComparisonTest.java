package io.scanstream.bench.training;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.recipe.RecipeReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Case MEASURED = new Case("resnet18", 96, 32, Case.Precision.BFLOAT16, true, 2);

    @Test
    void theRatioIsTheMedianOfThePairsNotTheRatioOfTheMedians() {
        Comparison comparison = new Comparison();
        comparison.add(told(1), told(2));
        comparison.add(told(4), told(5));
        comparison.add(told(10), told(10));

        Map<String, Object> line = comparison.line(MEASURED, "a peer");

        assertThat(line)
                .containsEntry("bench", "training")
                .containsEntry("case", "resnet18-96-bf16-files")
                .containsEntry("peerName", "a peer")
                .containsEntry("ours", 25.0)
                .containsEntry("peer", 20.0)
                .containsEntry("ratio", 1.25)
                .containsEntry("interval", List.of(1.0, 2.0))
                .containsEntry("pairs", 3);
        assertThat(line.get("oursMsPerStep"))
                .isEqualTo(Map.of("input", 50.0, "forward", 100.0, "backward", 200.0, "optimizer", 25.0));
    }

    private static JsonNode told(double seconds) {
        return Json.read(
                Json.text(Map.of(
                                "images",
                                100,
                                "seconds",
                                seconds,
                                "input",
                                0.1,
                                "forward",
                                0.2,
                                "backward",
                                0.4,
                                "optimizer",
                                0.05))
                        .getBytes(StandardCharsets.UTF_8),
                JsonNode.class);
    }

    @Test
    void everyCaseHasANameAndARecipe() {
        assertThat(Case.all()).extracting(Case::name).doesNotHaveDuplicates().hasSize(10);
        for (Case measured : Case.all()) {
            assertThat(RecipeReader.read(measured.recipe().getBytes(StandardCharsets.UTF_8))
                            .name())
                    .isEqualTo(measured.name());
        }
    }
}
