package io.scanstream.trainer.metrics;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.Metrics;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Collects a segmenter's decisions image by image; {@link Metrics.Segmentation} says what Dice and IoU mean. Memory does not
 * grow with the images. Not thread-safe.
 */
public final class SegmentationMetrics {
    private final List<String> classes;
    private final Confusion overall;
    private final double[] diceSum;
    private final double[] iouSum;
    private int images;

    /**
     * One image's overlap: the means over the foreground classes.
     *
     * @param dice 0 to 1
     * @param iou 0 to 1
     */
    public record ImageOverlap(double dice, double iou) {}

    /**
     * Starts with no image.
     *
     * @param classes in the order of the masks' indices; the first is the background
     */
    public SegmentationMetrics(List<String> classes) {
        if (classes.size() < 2) {
            throw new IllegalArgumentException("segmentation needs a background and another class, got " + classes);
        }
        this.classes = List.copyOf(classes);
        this.overall = new Confusion(classes);
        this.diceSum = new double[classes.size()];
        this.iouSum = new double[classes.size()];
    }

    /**
     * Takes in images.
     *
     * @param truths uint8 {@code [count, height, width]}, class indices, from the position to the limit; not moved
     * @param decisions likewise
     * @return each image's overlap
     */
    public List<ImageOverlap> add(ByteBuffer truths, ByteBuffer decisions, int count) {
        if (truths.remaining() != decisions.remaining() || truths.remaining() % count != 0) {
            throw new IllegalArgumentException(truths.remaining() + " true and " + decisions.remaining()
                    + " decided pixels are no " + count + " images");
        }
        int pixels = truths.remaining() / count;
        List<ImageOverlap> overlaps = new ArrayList<>();
        for (int image = 0; image < count; image++) {
            long[][] counts = new long[classes.size()][classes.size()];
            for (int i = image * pixels; i < (image + 1) * pixels; i++) {
                int truth = truths.get(truths.position() + i) & 0xff;
                int decision = decisions.get(decisions.position() + i) & 0xff;
                counts[truth][decision]++;
            }
            overlaps.add(add(counts));
        }
        return overlaps;
    }

    /**
     * Takes in one image.
     *
     * @param counts its pixels, {@code [true][decided]}
     */
    public ImageOverlap add(long[][] counts) {
        images++;
        double dice = 0;
        double iou = 0;
        for (int k = 0; k < classes.size(); k++) {
            long truth = 0;
            long decided = 0;
            for (int other = 0; other < classes.size(); other++) {
                truth += counts[k][other];
                decided += counts[other][k];
                overall.add(k, other, counts[k][other]);
            }
            double diceHere = dice(counts[k][k], truth, decided);
            double iouHere = iou(counts[k][k], truth, decided);
            diceSum[k] += diceHere;
            iouSum[k] += iouHere;
            if (k > 0) {
                dice += diceHere;
                iou += iouHere;
            }
        }
        int foreground = classes.size() - 1;
        return new ImageOverlap(dice / foreground, iou / foreground);
    }

    /**
     * All figures of the images so far.
     *
     * @param logLoss mean negative logarithm of the true class's probability over all pixels, which is not seen here
     * @throws IllegalStateException when there was no image
     */
    public Metrics metrics(double logLoss) {
        if (images == 0) {
            throw new IllegalStateException("no image was taken in");
        }
        List<Metrics.Overlap> perClass = new ArrayList<>();
        for (int k = 0; k < classes.size(); k++) {
            long hits = overall.counts().get(k).get(k);
            long truth = 0;
            long decided = 0;
            for (int other = 0; other < classes.size(); other++) {
                truth += overall.counts().get(k).get(other);
                decided += overall.counts().get(other).get(k);
            }
            perClass.add(new Metrics.Overlap(
                    classes.get(k),
                    diceSum[k] / images,
                    iouSum[k] / images,
                    dice(hits, truth, decided),
                    iou(hits, truth, decided)));
        }
        List<Metrics.Overlap> foreground = perClass.subList(1, perClass.size());
        return new Metrics(
                images,
                overall.accuracy(),
                overall.macroF1(),
                logLoss,
                null,
                overall.perClass(),
                overall.counts(),
                overall.balancedAccuracy(),
                null,
                new Metrics.Segmentation(
                        foreground.stream()
                                .mapToDouble(Metrics.Overlap::dice)
                                .average()
                                .orElseThrow(),
                        foreground.stream()
                                .mapToDouble(Metrics.Overlap::iou)
                                .average()
                                .orElseThrow(),
                        foreground.stream()
                                .mapToDouble(Metrics.Overlap::diceOverall)
                                .average()
                                .orElseThrow(),
                        foreground.stream()
                                .mapToDouble(Metrics.Overlap::iouOverall)
                                .average()
                                .orElseThrow(),
                        perClass),
                null,
                Map.of(),
                List.of());
    }

    private static double dice(long hits, long truth, long decided) {
        return truth + decided == 0 ? 1 : 2.0 * hits / (truth + decided);
    }

    private static double iou(long hits, long truth, long decided) {
        long union = truth + decided - hits;
        return union == 0 ? 1 : (double) hits / union;
    }
}
