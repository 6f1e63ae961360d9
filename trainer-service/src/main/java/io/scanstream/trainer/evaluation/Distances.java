package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.NoveltyGuard.Flagged;
import io.scanstream.trainer.metrics.FeatureDistance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The distances of a split's images, and the threshold that they give. */
final class Distances {
    private final List<Double> gathered;

    Distances(List<Double> gathered) {
        this.gathered = List.copyOf(gathered);
    }

    /**
     * The guard whose threshold these distances give: the largest rank of theirs above which {@link NoveltyGuard#ALLOWED} of
     * the images of the same kind, or fewer, come to lie. By the ranks alone, n images leave 1 in n + 1 above the largest, so
     * that with fewer than 99 the largest is taken and the expected share is more.
     *
     * @param fitted what measured them
     * @param test of the test split
     * @return null where there is none
     */
    @Nullable
    NoveltyGuard guard(@Nullable FeatureDistance fitted, Distances test) {
        if (fitted == null || gathered.isEmpty()) {
            return null;
        }
        List<Double> sorted = new ArrayList<>(gathered);
        Collections.sort(sorted);
        int images = sorted.size();
        int rank = (int) Math.min(images, Math.ceil((1 - NoveltyGuard.ALLOWED) * (images + 1)));
        double threshold = sorted.get(rank - 1);
        return new NoveltyGuard(
                threshold,
                (images + 1.0 - rank) / (images + 1),
                fitted.images(),
                flagged(threshold),
                test.gathered.isEmpty() ? null : test.flagged(threshold));
    }

    private Flagged flagged(double threshold) {
        return new Flagged(gathered.size(), (int)
                gathered.stream().filter(distance -> distance > threshold).count());
    }
}
