package io.scanstream.local.samples;

/** Operations on one square plane of floats, {@code values[y * size + x]}. */
final class Plane {
    private Plane() {}

    /**
     * Cloudy texture in 0 … 1: random values on a grid, smoothly joined, and again at half the distance with half the
     * weight, three times in all.
     *
     * @param gridPx distance of the coarsest grid's points
     * @param stretch how much longer than wide the clouds are, for fibres; 1 for none
     * @param angle of the long side, radians
     */
    static float[] clouds(Chance chance, int size, double gridPx, double stretch, double angle) {
        float[] values = new float[size * size];
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        double weight = 0.57; // 1 + 1/2 + 1/4 = 1/0.57
        for (double grid = gridPx; grid > gridPx / 5; grid /= 2, weight /= 2) {
            int points = (int) (2 * size / grid) + 4;
            double[] lattice = new double[points * points];
            for (int i = 0; i < lattice.length; i++) {
                lattice[i] = chance.between(0, 1);
            }
            for (int y = 0; y < size; y++) {
                for (int x = 0; x < size; x++) {
                    double u = ((x - size / 2.0) * cos + (y - size / 2.0) * sin) / (grid * stretch) + points / 2.0;
                    double v = ((y - size / 2.0) * cos - (x - size / 2.0) * sin) / grid + points / 2.0;
                    values[y * size + x] += (float) (weight * joined(lattice, points, u, v));
                }
            }
        }
        return values;
    }

    private static double joined(double[] lattice, int points, double u, double v) {
        int column = (int) u;
        int row = (int) v;
        double s = eased(u - column);
        double t = eased(v - row);
        int at = row * points + column;
        double top = lattice[at] + s * (lattice[at + 1] - lattice[at]);
        double bottom = lattice[at + points] + s * (lattice[at + points + 1] - lattice[at + points]);
        return top + t * (bottom - top);
    }

    private static double eased(double t) {
        return t * t * (3 - 2 * t);
    }

    /** Gaussian blur with mirrored borders; returns the same array where sigma is too small to matter. */
    static float[] blurred(float[] values, int size, double sigmaPx) {
        if (sigmaPx < 0.2) {
            return values;
        }
        int reach = (int) (3 * sigmaPx) + 1;
        double[] kernel = new double[2 * reach + 1];
        double sum = 0;
        for (int i = -reach; i <= reach; i++) {
            kernel[i + reach] = StrictMath.exp(-i * i / (2 * sigmaPx * sigmaPx));
            sum += kernel[i + reach];
        }
        float[] rows = new float[values.length];
        float[] both = new float[values.length];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double value = 0;
                for (int i = -reach; i <= reach; i++) {
                    value += kernel[i + reach] * values[y * size + mirrored(x + i, size)];
                }
                rows[y * size + x] = (float) (value / sum);
            }
        }
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                double value = 0;
                for (int i = -reach; i <= reach; i++) {
                    value += kernel[i + reach] * rows[mirrored(y + i, size) * size + x];
                }
                both[y * size + x] = (float) (value / sum);
            }
        }
        return both;
    }

    private static int mirrored(int at, int size) {
        return at < 0 ? -at - 1 : at >= size ? 2 * size - 1 - at : at;
    }
}
