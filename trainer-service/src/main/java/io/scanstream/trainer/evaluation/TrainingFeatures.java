package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.trainer.data.Sample;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.metrics.FeatureDistance;
import io.scanstream.trainer.onnx.OnnxModel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fits the distance from the training images, which ONNX Runtime looks at as they are, without augmentation. */
final class TrainingFeatures {
    /** Most images that are looked at: more do not make means and a shrunk covariance much better. */
    static final int MOST_IMAGES = 4096;

    /**
     * Fits it.
     *
     * @param model of a classifier; the distance that it may have already is not looked at
     * @return null where the network does not end in global pooling, or where the images are too few
     */
    static @Nullable FeatureDistance distance(OnnxModel model, TrainingData data, Runnable mayGoOn) {
        if (!model.outputs().contains(OnnxMetadata.OUTPUT_FEATURES)) {
            return null;
        }
        List<Sample> samples = spread(data.train());
        List<float[]> features = new ArrayList<>();
        Scoring.each(model.batchSize(), data, samples, (taken, batch) -> {
            mayGoOn.run();
            features.addAll(List.of(model.pooledFeatures(batch.pixels(), batch.size())));
        });
        int[] labels = samples.stream().mapToInt(Sample::label).toArray();
        return FeatureDistance.fit(features, labels, data.classes().size());
    }

    /** At most {@link #MOST_IMAGES}, from all over the list. */
    private static List<Sample> spread(List<Sample> all) {
        if (all.size() <= MOST_IMAGES) {
            return all;
        }
        List<Sample> some = new ArrayList<>();
        for (int i = 0; i < MOST_IMAGES; i++) {
            some.add(all.get((int) ((long) i * all.size() / MOST_IMAGES)));
        }
        return some;
    }

    private TrainingFeatures() {}
}
