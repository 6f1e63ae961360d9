package io.scanstream.inference.model;

import java.util.Map;

/** What a model gave for the scans of one run: for each output that was asked for, a row of float32 for each scan. */
public final class Outputs {
    private final Map<String, float[][]> rows;

    Outputs(Map<String, float[][]> rows) {
        this.rows = Map.copyOf(rows);
    }

    /**
     * One scan's values of one output, without the batch dimension, in row-major order; as the model gave them: they may
     * not be finite.
     *
     * @throws IllegalArgumentException if the output was not asked for
     */
    public float[] row(String output, int scan) {
        float[][] values = rows.get(output);
        if (values == null) {
            throw new IllegalArgumentException("output " + output + " was not asked for");
        }
        return values[scan];
    }
}
