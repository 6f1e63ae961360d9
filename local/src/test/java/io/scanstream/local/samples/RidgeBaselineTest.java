package io.scanstream.local.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Holds the generated set to being no task for a linear classifier: ridge regression on raw pixels (dual form, one-hot
 * targets, lambda chosen on a fifth of the training part) must stay at or below 0.75 on the test part.
 */
class RidgeBaselineTest {
    private static final int PATCH_PX = 96;
    private static final List<Tissue> TISSUES = List.of(Tissue.values());
    private static final int CLASSES = TISSUES.size();

    @ParameterizedTest(name = "seed {0}, {1} px")
    @CsvSource({"1, 32", "2, 32", "3, 32", "1, 48"})
    void learnsLittleFromRawPixels(long seed, int px) {
        SampleSet set = SampleSet.ofSeed(seed);
        Split train = split(set.seed(), "train", set.trainImages(), px);
        Split test = split(set.seed(), "test", set.testImages(), px);

        double accuracy = ridgeAccuracy(train, test);

        assertThat(accuracy).isBetween(0.2, 0.75); // under chance would be a defect of this test
    }

    private static final class Split {
        /** {@code [images][px × px × 3]}. */
        final float[][] pixels;

        final int[] classes;

        Split(float[][] pixels, int[] classes) {
            this.pixels = pixels;
            this.classes = classes;
        }
    }

    private static Split split(long seed, String name, int images, int px) {
        float[][] pixels = new float[images][];
        int[] classes = new int[images];
        // Classes alternate, so that every fifth of the set has all of them.
        IntStream.range(0, images).parallel().forEach(i -> {
            Tissue tissue = TISSUES.get(i % CLASSES);
            long ofPatch = SampleGenerator.seed(seed, name, tissue, i / CLASSES + 1);
            classes[i] = tissue.number();
            pixels[i] = reduced(Patch.draw(tissue, PATCH_PX, ofPatch), px);
        });
        return new Split(pixels, classes);
    }

    /** Mean of square blocks, 0 … 1, so that {@code px × px × 3} values remain. */
    private static float[] reduced(byte[] patch, int px) {
        int block = PATCH_PX / px;
        float[] reduced = new float[px * px * 3];
        for (int i = 0; i < patch.length; i++) {
            int x = i / 3 % PATCH_PX / block;
            int y = i / 3 / PATCH_PX / block;
            reduced[3 * (y * px + x) + i % 3] += (patch[i] & 0xFF) / (255f * block * block);
        }
        return reduced;
    }

    private static double ridgeAccuracy(Split train, Split test) {
        float[] mean = mean(train.pixels);
        subtract(train.pixels, mean);
        subtract(test.pixels, mean);
        double[][] gram = products(train.pixels, train.pixels);
        double[][] cross = products(test.pixels, train.pixels);

        int n = train.classes.length;
        int[] order = shuffled(n);
        int[] held = IntStream.range(0, n / 5).map(i -> order[i]).toArray();
        int[] fitted = IntStream.range(n / 5, n).map(i -> order[i]).toArray();
        double best = -1;
        double lambda = 0;
        for (int exponent = -2; exponent <= 5; exponent++) {
            double candidate = Math.pow(10, exponent);
            double[][] weights = solve(part(gram, fitted, fitted), part(train.classes, fitted), candidate);
            double accuracy = accuracy(part(gram, held, fitted), weights, part(train.classes, held));
            if (accuracy > best) {
                best = accuracy;
                lambda = candidate;
            }
        }
        return accuracy(cross, solve(gram, train.classes, lambda), test.classes);
    }

    private static int[] shuffled(int n) {
        int[] order = IntStream.range(0, n).toArray();
        Random random = new Random(5);
        for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    private static float[] mean(float[][] rows) {
        float[] mean = new float[rows[0].length];
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i] / rows.length;
            }
        }
        return mean;
    }

    private static void subtract(float[][] rows, float[] mean) {
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                row[i] -= mean[i];
            }
        }
    }

    private static double[][] products(float[][] left, float[][] right) {
        double[][] products = new double[left.length][right.length];
        IntStream.range(0, left.length).parallel().forEach(i -> {
            for (int j = 0; j < right.length; j++) {
                products[i][j] = product(left[i], right[j]);
            }
        });
        return products;
    }

    private static double product(float[] a, float[] b) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = 0; i < a.length; i += 4) { // lengths are multiples of four
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        return (double) s0 + s1 + s2 + s3;
    }

    private static double[][] part(double[][] matrix, int[] rows, int[] columns) {
        double[][] part = new double[rows.length][columns.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < columns.length; j++) {
                part[i][j] = matrix[rows[i]][columns[j]];
            }
        }
        return part;
    }

    private static int[] part(int[] values, int[] at) {
        return IntStream.of(at).map(i -> values[i]).toArray();
    }

    /** (gram + lambda I)⁻¹ Y by Cholesky, Y one-hot less its mean; {@code [n][classes]}. */
    private static double[][] solve(double[][] gram, int[] classes, double lambda) {
        int n = gram.length;
        double[][] lower = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = gram[i][j] + (i == j ? lambda : 0);
                for (int k = 0; k < j; k++) {
                    sum -= lower[i][k] * lower[j][k];
                }
                lower[i][j] = i == j ? Math.sqrt(sum) : sum / lower[j][j];
            }
        }
        double[][] weights = new double[n][CLASSES];
        for (int c = 0; c < CLASSES; c++) {
            for (int i = 0; i < n; i++) {
                double sum = (classes[i] == c ? 1 : 0) - 1.0 / CLASSES;
                for (int k = 0; k < i; k++) {
                    sum -= lower[i][k] * weights[k][c];
                }
                weights[i][c] = sum / lower[i][i];
            }
            for (int i = n - 1; i >= 0; i--) {
                double sum = weights[i][c];
                for (int k = i + 1; k < n; k++) {
                    sum -= lower[k][i] * weights[k][c];
                }
                weights[i][c] = sum / lower[i][i];
            }
        }
        return weights;
    }

    private static double accuracy(double[][] products, double[][] weights, int[] classes) {
        int right = 0;
        for (int i = 0; i < products.length; i++) {
            int best = 0;
            double highest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < CLASSES; c++) {
                double score = 0;
                for (int j = 0; j < weights.length; j++) {
                    score += products[i][j] * weights[j][c];
                }
                if (score > highest) {
                    highest = score;
                    best = c;
                }
            }
            right += best == classes[i] ? 1 : 0;
        }
        return (double) right / products.length;
    }
}
