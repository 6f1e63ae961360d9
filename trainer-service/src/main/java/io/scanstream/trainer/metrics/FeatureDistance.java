package io.scanstream.trainer.metrics;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far features are from those of training images: the Mahalanobis distance from the nearest class's mean, with one
 * covariance for all classes (Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial
 * Attacks, 2018), of the features' roots with their signs: averages of rectified maps spread as their size does, and roots do so
 * less (as for Fisher vectors, Perronnin et al. 2010). The covariance is shrunk towards a multiple of the identity as far as Ledoit
 * and Wolf (A well-conditioned estimator for large-dimensional covariance matrices, 2004) say, so that few images and many
 * features are enough.
 *
 * @param floor above 0; the root of a feature x is sign(x) · (√(|x| + floor) − √floor), so that rounding of what is nearly 0 stays
 *     small
 * @param centre of all training images' roots, {@code [features]}
 * @param whitening {@code [features][features]} in row-major order, upper triangular: a row vector's product with it has unit
 *     covariance
 * @param means of the classes, whitened, {@code [classes][features]}; classes without an image are left out
 * @param images that it was fitted on
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FeatureDistance(float floor, float[] centre, float[] whitening, float[][] means, int images) {
    /** The floor as a share of the features' mean size. */
    private static final double FLOOR = 1e-3;

    /** Below so many images nothing can be said of a covariance. */
    private static final int FEWEST_IMAGES = 10;

    /** As a share of the features' mean size; less is float32's rounding. */
    private static final double LEAST_VARIANCE = 1e-12;

    /** A share of the features' mean variance that is added where they do not vary at all. */
    private static final double RIDGE = 1e-6;

    /**
     * Fits the distance.
     *
     * @param features {@code [images][features]}, of any length
     * @param labels index of each image's class
     * @return null where there are fewer than ten images, or where the features are the same for all images of a class
     */
    public static @Nullable FeatureDistance fit(List<float[]> features, int[] labels, int classes) {
        int images = labels.length;
        if (images < FEWEST_IMAGES) {
            return null;
        }
        int width = features.get(0).length;
        double size = meanSize(features);
        float floor = (float) (FLOOR * size);
        double[][] rows = new double[images][];
        double[][] sums = new double[classes][width];
        double[] centre = new double[width];
        int[] counts = new int[classes];
        for (int i = 0; i < images; i++) {
            rows[i] = roots(features.get(i), floor);
            counts[labels[i]]++;
            for (int c = 0; c < width; c++) {
                sums[labels[i]][c] += rows[i][c];
                centre[c] += rows[i][c] / images;
            }
        }
        for (int i = 0; i < images; i++) {
            for (int c = 0; c < width; c++) {
                rows[i][c] -= sums[labels[i]][c] / counts[labels[i]];
            }
        }
        double[][] covariance = shrunk(rows, width, LEAST_VARIANCE * size);
        if (covariance == null) {
            return null;
        }
        double[][] inverse = inverseOfCholesky(covariance);
        int known = 0;
        float[][] means = new float[classes][];
        for (int k = 0; k < classes; k++) {
            if (counts[k] > 0) {
                double[] mean = new double[width];
                for (int c = 0; c < width; c++) {
                    mean[c] = sums[k][c] / counts[k] - centre[c];
                }
                means[known++] = product(inverse, mean);
            }
        }
        return new FeatureDistance(floor, floats(centre), transposed(inverse), Arrays.copyOf(means, known), images);
    }

    private static double meanSize(List<float[]> features) {
        double sum = 0;
        for (float[] of : features) {
            for (float value : of) {
                sum += Math.abs(value) / of.length;
            }
        }
        return sum / features.size();
    }

    private static double[] roots(float[] features, float floor) {
        double[] roots = new double[features.length];
        for (int c = 0; c < roots.length; c++) {
            roots[c] = Math.signum(features[c]) * (Math.sqrt(Math.abs(features[c]) + floor) - Math.sqrt(floor));
        }
        return roots;
    }

    /**
     * The covariance of rows around 0, shrunk; null if nothing varies.
     *
     * @param rows {@code [images][width]}
     */
    private static double @Nullable [][] shrunk(double[][] rows, int width, double leastVariance) {
        int images = rows.length;
        double[][] covariance = new double[width][width];
        double fourth = 0;
        for (double[] row : rows) {
            double square = 0;
            for (int i = 0; i < width; i++) {
                square += row[i] * row[i];
                for (int j = 0; j <= i; j++) {
                    covariance[i][j] += row[i] * row[j] / images;
                }
            }
            fourth += square * square;
        }
        double trace = 0;
        double norm = 0;
        for (int i = 0; i < width; i++) {
            trace += covariance[i][i];
            for (int j = 0; j <= i; j++) {
                norm += (i == j ? 1 : 2) * covariance[i][j] * covariance[i][j];
            }
        }
        double variance = trace / width;
        if (!(variance > leastVariance)) {
            return null;
        }
        double distance = norm - variance * variance * width;
        double noise = (fourth / images - norm) / images;
        double share = distance <= 0 ? 1 : Math.min(1, Math.max(0, noise) / distance);
        for (int i = 0; i < width; i++) {
            for (int j = 0; j <= i; j++) {
                covariance[i][j] *= 1 - share;
            }
            covariance[i][i] += (share + RIDGE) * variance;
        }
        return covariance;
    }

    /** The inverse of the lower factor of a symmetric, positive matrix that has its lower triangle; lower triangular too. */
    private static double[][] inverseOfCholesky(double[][] matrix) {
        int width = matrix.length;
        double[][] factor = new double[width][width];
        for (int i = 0; i < width; i++) {
            for (int j = 0; j <= i; j++) {
                double left = matrix[i][j];
                for (int k = 0; k < j; k++) {
                    left -= factor[i][k] * factor[j][k];
                }
                factor[i][j] = i == j ? Math.sqrt(left) : left / factor[j][j];
            }
        }
        double[][] inverse = new double[width][width];
        for (int i = 0; i < width; i++) {
            double[] row = inverse[i];
            for (int k = 0; k < i; k++) {
                double by = factor[i][k];
                double[] above = inverse[k];
                for (int j = 0; j <= k; j++) {
                    row[j] -= by * above[j];
                }
            }
            for (int j = 0; j < i; j++) {
                row[j] /= factor[i][i];
            }
            row[i] = 1 / factor[i][i];
        }
        return inverse;
    }

    private static float[] product(double[][] lower, double[] vector) {
        float[] product = new float[vector.length];
        for (int i = 0; i < product.length; i++) {
            double sum = 0;
            for (int j = 0; j <= i; j++) {
                sum += lower[i][j] * vector[j];
            }
            product[i] = (float) sum;
        }
        return product;
    }

    private static float[] transposed(double[][] matrix) {
        int width = matrix.length;
        float[] turned = new float[width * width];
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                turned[j * width + i] = (float) matrix[i][j];
            }
        }
        return turned;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
