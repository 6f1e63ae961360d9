package io.scanstream.trainer.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Residual networks (He et al. 2016) with torchvision's names. */
final class ResNets {
    private static final List<Integer> WIDTHS = List.of(64, 128, 256, 512);

    static List<Layer> basic(List<Integer> blocks, List<Layer> head) {
        return new ResNets(false, 1).layers(blocks, WIDTHS, head);
    }

    /** Blocks that are narrow within and four times as wide at their ends. */
    static List<Layer> bottleneck(List<Integer> blocks, List<Layer> head) {
        return new ResNets(false, 4).layers(blocks, WIDTHS, head);
    }

    static List<Layer> slim34(List<Layer> head) {
        return new ResNets(true, 1).layers(List.of(3, 4, 6, 3), List.of(64, 64, 128, 128), head);
    }

    private final boolean bias;
    private final int expansion;

    private ResNets(boolean bias, int expansion) {
        this.bias = bias;
        this.expansion = expansion;
    }

    /**
     * The whole network; a stage that is wider than the one before halves the map.
     *
     * @param blocks per stage
     * @param widths channels per stage
     */
    private List<Layer> layers(List<Integer> blocks, List<Integer> widths, List<Layer> head) {
        List<Layer> layers = new ArrayList<>();
        int channels = widths.get(0);
        layers.add(conv("conv1", channels, 7, 2));
        layers.add(BatchNorm.named("bn1"));
        layers.add(new Relu("relu"));
        layers.add(new MaxPool("maxpool", 3, 2, 1, false));
        for (int stage = 0; stage < blocks.size(); stage++) {
            int width = widths.get(stage);
            boolean wider = stage > 0 && width > widths.get(stage - 1);
            List<Layer> stageLayers = new ArrayList<>();
            for (int block = 0; block < blocks.get(stage); block++) {
                stageLayers.add(block(channels, width, wider && block == 0 ? 2 : 1));
                channels = width * expansion;
            }
            layers.add(new Sequential("layer" + (stage + 1), stageLayers));
        }
        layers.add(new AdaptiveAveragePool("avgpool", 1));
        layers.add(new Flatten("flatten"));
        layers.add(head.isEmpty() ? Linear.of(null).named("fc") : new Sequential("fc", head));
        return layers;
    }

    private Residual block(int in, int width, int stride) {
        int out = width * expansion;
        List<Layer> learnt = expansion == 1
                ? List.of(
                        conv("conv1", width, 3, stride),
                        BatchNorm.named("bn1"),
                        new Relu("relu"),
                        conv("conv2", width, 3, 1),
                        BatchNorm.named("bn2"))
                : List.of(
                        conv("conv1", width, 1, 1),
                        BatchNorm.named("bn1"),
                        new Relu("relu1"),
                        conv("conv2", width, 3, stride),
                        BatchNorm.named("bn2"),
                        new Relu("relu2"),
                        conv("conv3", out, 1, 1),
                        BatchNorm.named("bn3"));
        boolean identity = stride == 1 && in == out;
        List<Layer> shortcut = identity ? List.of() : List.of(conv(null, out, 1, stride), BatchNorm.named(null));
        return new Residual(null, learnt, shortcut, Residual.Activation.RELU, 0);
    }

    private Conv conv(@Nullable String name, int out, int kernel, int stride) {
        Conv conv = Conv.of(out, kernel)
                .named(name)
                .stride(stride)
                .padding(kernel / 2)
                .kaiming();
        return bias ? conv : conv.withoutBias();
    }
}
