package io.scanstream.trainer.network;

import java.util.ArrayList;
import java.util.List;

/** EfficientNet (Tan and Le 2019) with torchvision's names. */
final class EfficientNet {

    /**
     * Blocks of one kind.
     *
     * @param expansion how many times more channels a block has within
     * @param stride of the first block; the others have 1
     */
    private record Stage(int expansion, int kernel, int stride, int out, int blocks) {}

    private static final List<Stage> B0 = List.of(
            new Stage(1, 3, 1, 16, 1),
            new Stage(6, 3, 2, 24, 2),
            new Stage(6, 5, 2, 40, 2),
            new Stage(6, 3, 2, 80, 3),
            new Stage(6, 5, 1, 112, 3),
            new Stage(6, 5, 2, 192, 4),
            new Stage(6, 3, 1, 320, 1));

    private static final int FIRST = 32;
    private static final int LAST = 1280;

    static List<Layer> b0(double dropout, double stochasticDepth, List<Layer> head) {
        int blocks = B0.stream().mapToInt(Stage::blocks).sum();
        int done = 0;
        int channels = FIRST;
        List<Layer> features = new ArrayList<>();
        features.add(activated(Conv.of(FIRST, 3).stride(2).padding(1)));
        for (Stage stage : B0) {
            List<Layer> stageLayers = new ArrayList<>();
            for (int block = 0; block < stage.blocks(); block++) {
                int stride = block == 0 ? stage.stride() : 1;
                stageLayers.add(block(stage, channels, stride, stochasticDepth * done / blocks));
                channels = stage.out();
                done++;
            }
            features.add(new Sequential(null, stageLayers));
        }
        features.add(activated(Conv.of(LAST, 1)));
        return List.of(
                new Sequential("features", features),
                new AdaptiveAveragePool("avgpool", 1),
                new Flatten("flatten"),
                new Sequential("classifier", head.isEmpty() ? List.of(Dropout.of(dropout), Linear.of(null)) : head));
    }

    /** Wide within, narrow at its ends (Sandler et al. 2018), with squeeze and excitation. */
    private static Layer block(Stage stage, int in, int stride, double stochasticDepth) {
        int within = in * stage.expansion();
        List<Layer> layers = new ArrayList<>();
        if (stage.expansion() > 1) {
            layers.add(activated(Conv.of(within, 1)));
        }
        layers.add(activated(Conv.of(within, stage.kernel())
                .stride(stride)
                .padding(stage.kernel() / 2)
                .groups(within)));
        layers.add(new SqueezeExcite(null, Math.max(1, in / 4), SqueezeExcite.Activation.SILU));
        layers.add(new Sequential(null, normed(Conv.of(stage.out(), 1))));
        Layer block = new Sequential("block", layers);
        return stride == 1 && in == stage.out()
                ? new Residual(null, List.of(block), List.of(), Residual.Activation.NONE, stochasticDepth)
                : new Sequential(null, List.of(block));
    }

    private static Layer activated(Conv conv) {
        List<Layer> layers = new ArrayList<>(normed(conv));
        layers.add(new Silu(null));
        return new Sequential(null, layers);
    }

    private static List<Layer> normed(Conv conv) {
        return List.of(conv.withoutBias().kaiming(), BatchNorm.named(null));
    }

    private EfficientNet() {}
}
