package io.scanstream.inference.http;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.scanstream.inference.explanation.Heatmap;
import io.scanstream.inference.explanation.Heatmap.Method;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link Heatmap} in figures.
 *
 * @param label the class that it is about
 * @param evidence a list for each row of the map, from above, with a figure for each column, from the left
 */
@RegisterForReflection // the resource answers with a picture or with this, so that its type does not say it
public record HeatmapView(
        String model, String version, String label, Method method, int columns, int rows, List<List<Float>> evidence) {
    public HeatmapView {
        evidence = List.copyOf(evidence);
    }

    static HeatmapView of(Heatmap map) {
        List<List<Float>> rows = new ArrayList<>();
        for (int row = 0; row < map.rows(); row++) {
            List<Float> line = new ArrayList<>();
            for (int column = 0; column < map.columns(); column++) {
                line.add(map.evidence()[row * map.columns() + column]);
            }
            rows.add(line);
        }
        return new HeatmapView(
                map.version().name(),
                map.version().version(),
                map.label(),
                map.method(),
                map.columns(),
                map.rows(),
                rows);
    }
}
