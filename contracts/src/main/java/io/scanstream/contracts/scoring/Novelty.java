package io.scanstream.contracts.scoring;

/**
 * How unlike the training images a scan is, as its model sees it: the guard against photographs, blanks and other
 * modalities. A score of a flagged scan says nothing of what it shows.
 *
 * @param distance from the nearest class of the training images in the model's features, 0 or more, see {@link
 *     io.scanstream.contracts.model.NoveltyGuard}
 * @param threshold the model's: above it a scan is flagged
 */
public record Novelty(double distance, double threshold, boolean flagged) {
    public static Novelty of(double distance, double threshold) {
        return new Novelty(distance, threshold, distance > threshold);
    }
}
