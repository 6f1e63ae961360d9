package io.scanstream.local.samples;

/**
 * Draws one patch as a scanner would see a stained section: the two stains absorb light by Beer and Lambert's law, with
 * the colours of Ruifrok and Johnston (2001) varied from patch to patch as laboratories vary, then come uneven light,
 * blur and sensor noise.
 */
final class Patch {
    private static final double[] HAEMATOXYLIN = {0.65, 0.70, 0.29};
    private static final double[] EOSIN = {0.07, 0.99, 0.11};

    private final int size;
    private final Chance chance;

    private Patch(int size, Chance chance) {
        this.size = size;
        this.chance = chance;
    }

    /** Pixels {@code [size, size, 3]}, row by row, RGB, 0 … 255 in each byte. */
    static byte[] draw(Tissue tissue, int size, long seed) {
        Chance chance = new Chance(seed);
        Architecture architecture = Architecture.of(tissue, size, chance);
        Patch patch = new Patch(size, chance);
        float[] haematoxylin = patch.haematoxylin(architecture);
        float[] eosin = patch.eosin(architecture, haematoxylin);
        return patch.seenThroughTheScanner(haematoxylin, eosin);
    }

    private float[] haematoxylin(Architecture architecture) {
        float[] density = new float[size * size];
        architecture.nuclei().forEach(nucleus -> nucleus.draw(density, size));
        float[] chromatin = Plane.clouds(chance, size, chance.between(2.5, 5), 1, 0);
        double coarse = chance.between(0.2, 0.7);
        double haze = chance.between(0, 0.18);
        for (int i = 0; i < density.length; i++) {
            double grain = 1 + coarse * (chromatin[i] - 0.5);
            // Where nuclei overlap the section is no thicker: density saturates.
            density[i] = (float) (1.6 * (1 - StrictMath.exp(-density[i] * grain / 1.6)) + haze * chromatin[i]);
        }
        return density;
    }

    private float[] eosin(Architecture architecture, float[] haematoxylin) {
        double fibrous = chance.between(1, 5);
        float[] stroma = Plane.clouds(chance, size, chance.between(6, 18), fibrous, chance.angle());
        float[] fine = Plane.clouds(chance, size, chance.between(2, 4), fibrous, chance.angle());
        double base = chance.between(0.25, 0.6);
        double contrast = chance.between(0.3, 1.0);
        float[] density = new float[size * size];
        for (int i = 0; i < density.length; i++) {
            double texture = 0.7 * stroma[i] + 0.3 * fine[i] - 0.5;
            double free = StrictMath.max(0, 1 - 0.5 * haematoxylin[i]);
            density[i] = (float) (StrictMath.max(0, base + contrast * texture) * free);
        }
        architecture.lumens().forEach(lumen -> open(lumen, density, stroma));
        return density;
    }

    /** Clears a lumen's inside, with a border that follows the texture. */
    private void open(Architecture.Lumen lumen, float[] density, float[] texture) {
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int i = y * size + x;
                double distance = StrictMath.hypot(x + 0.5 - lumen.x(), y + 0.5 - lumen.y());
                double inside = lumen.radiusPx() - distance + 4 * (texture[i] - 0.5);
                density[i] *= (float) (1 - 0.9 * StrictMath.max(0, StrictMath.min(1, inside)));
            }
        }
    }

    private byte[] seenThroughTheScanner(float[] haematoxylin, float[] eosin) {
        double h = chance.between(0.65, 1.35);
        double e = chance.between(0.5, 1.3);
        double blur = chance.between(0, 0.8);
        double noise = chance.between(0.005, 0.03);
        double[] blue = varied(HAEMATOXYLIN);
        double[] pink = varied(EOSIN);
        double[] light = {chance.between(0.86, 1), chance.between(0.86, 1), chance.between(0.86, 1)};
        double slope = chance.between(0, 0.2);
        double direction = chance.angle();
        double slopeX = slope * StrictMath.cos(direction) / size;
        double slopeY = slope * StrictMath.sin(direction) / size;

        byte[] pixels = new byte[size * size * 3];
        for (int channel = 0; channel < 3; channel++) {
            float[] seen = new float[size * size];
            for (int i = 0; i < seen.length; i++) {
                double absorbed = h * blue[channel] * haematoxylin[i] + e * pink[channel] * eosin[i];
                seen[i] = (float) StrictMath.exp(-absorbed);
            }
            seen = Plane.blurred(seen, size, blur);
            for (int i = 0; i < seen.length; i++) {
                int x = i % size;
                int y = i / size;
                double lit = light[channel] * (1 + slopeX * (x - size / 2) + slopeY * (y - size / 2));
                double value = 255 * (seen[i] * lit + noise * chance.bell());
                pixels[3 * i + channel] = (byte) StrictMath.max(0, StrictMath.min(255, StrictMath.round(value)));
            }
        }
        return pixels;
    }

    private double[] varied(double[] stain) {
        double[] varied = new double[3];
        for (int channel = 0; channel < 3; channel++) {
            varied[channel] = StrictMath.max(0.02, stain[channel] + 0.08 * chance.bell());
        }
        return varied;
    }
}
