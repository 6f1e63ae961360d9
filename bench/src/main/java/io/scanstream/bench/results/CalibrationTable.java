package io.scanstream.bench.results;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What temperatures do for probabilities on test splits, as Markdown: a line a seed, and one for their mean. The log loss may
 * not become worse, and the expected calibration error has to be at most half of what it was, or what chance alone gives a
 * perfectly calibrated model on so many images, whichever is larger.
 */
final class CalibrationTable {
    private static final String HEAD = """
            | recipe | seed | temperature | log loss before | after | calibration error before | after | of a perfect model | |
            |---|---|---|---|---|---|---|---|---|
            """;

    /** Sums of the same numbers in another order differ by less. */
    private static final double EQUAL = 1e-9;

    private final StringBuilder lines = new StringBuilder(HEAD);

    private record Figures(
            double temperature,
            double lossBefore,
            double lossAfter,
            double errorBefore,
            double errorAfter,
            double noiseFloor) {
        static Figures of(JsonNode calibration) {
            JsonNode before = calibration.path("before");
            JsonNode after = calibration.path("after");
            return new Figures(
                    calibration.path("temperature").asDouble(),
                    before.path("logLoss").asDouble(),
                    after.path("logLoss").asDouble(),
                    before.path("expectedError").asDouble(),
                    after.path("expectedError").asDouble(),
                    after.path("noiseFloor").asDouble());
        }

        static Figures mean(List<Figures> all) {
            return new Figures(
                    mean(all, Figures::temperature),
                    mean(all, Figures::lossBefore),
                    mean(all, Figures::lossAfter),
                    mean(all, Figures::errorBefore),
                    mean(all, Figures::errorAfter),
                    mean(all, Figures::noiseFloor));
        }

        private static double mean(List<Figures> all, ToDoubleFunction<Figures> figure) {
            return all.stream().mapToDouble(figure).average().orElseThrow();
        }

        String verdict() {
            if (lossAfter > lossBefore + EQUAL) {
                return "**log loss worse**";
            }
            return errorAfter > Math.max(errorBefore / 2, noiseFloor) + EQUAL ? "**error missed**" : "reached";
        }
    }

    /**
     * Adds a recipe's lines.
     *
     * @param ended the last lines of {@code train}, in the seeds' order; a missing node for a seed that is not done
     */
    void add(Plan.Row row, List<JsonNode> ended) {
        List<Figures> all = new ArrayList<>();
        for (int i = 0; i < row.seeds().size(); i++) {
            JsonNode calibration = ended.get(i).path("calibration");
            String seed = Long.toString(row.seeds().get(i));
            if (calibration.has("after")) {
                all.add(Figures.of(calibration));
                line(row.recipe(), seed, all.get(all.size() - 1));
            } else {
                lines.append("| ")
                        .append(row.recipe())
                        .append(" | ")
                        .append(seed)
                        .append(" | | | | | | | not run |\n");
            }
        }
        if (all.size() == row.seeds().size()) {
            line(row.recipe(), "mean", Figures.mean(all));
        }
    }

    private void line(String recipe, String seed, Figures figures) {
        lines.append(String.format(
                Locale.ROOT,
                "| %s | %s | %.3f | %.4f | %.4f | %.4f | %.4f | %.4f | %s |\n",
                recipe,
                seed,
                figures.temperature(),
                figures.lossBefore(),
                figures.lossAfter(),
                figures.errorBefore(),
                figures.errorAfter(),
                figures.noiseFloor(),
                figures.verdict()));
    }

    String markdown() {
        return lines.toString();
    }
}
