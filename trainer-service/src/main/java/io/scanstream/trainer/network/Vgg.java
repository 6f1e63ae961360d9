package io.scanstream.trainer.network;

import java.util.ArrayList;
import java.util.List;

/** VGG-16 (Simonyan and Zisserman 2015, configuration D) with torchvision's names. */
final class Vgg {
    /** Channels of the convolutions, block by block; a pooling ends each block. */
    private static final List<List<Integer>> BLOCKS = List.of(
            List.of(64, 64), List.of(128, 128), List.of(256, 256, 256), List.of(512, 512, 512), List.of(512, 512, 512));

    private static final int HIDDEN = 4096;

    static List<Layer> layers(boolean norms, int poolSide, double dropout, List<Layer> head) {
        return List.of(
                new Sequential("features", features(norms)),
                new AdaptiveAveragePool("avgpool", poolSide),
                new Flatten("flatten"),
                new Sequential("classifier", head.isEmpty() ? classifier(dropout) : head));
    }

    private static List<Layer> features(boolean norms) {
        List<Layer> features = new ArrayList<>();
        for (List<Integer> block : BLOCKS) {
            for (int channels : block) {
                features.add(Conv.of(channels, 3).padding(1).kaiming());
                if (norms) {
                    features.add(BatchNorm.named(null));
                }
                features.add(new Relu(null));
            }
            features.add(MaxPool.of(2, 2));
        }
        return features;
    }

    private static List<Layer> classifier(double dropout) {
        return List.of(
                new Linear(null, HIDDEN, true, Start.SMALL_NORMAL),
                new Relu(null),
                Dropout.of(dropout),
                new Linear(null, HIDDEN, true, Start.SMALL_NORMAL),
                new Relu(null),
                Dropout.of(dropout),
                new Linear(null, null, true, Start.SMALL_NORMAL));
    }

    private Vgg() {}
}
