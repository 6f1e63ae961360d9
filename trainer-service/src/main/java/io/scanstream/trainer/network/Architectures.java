package io.scanstream.trainer.network;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Known networks as functions to layers, with torchvision's parameter names. */
public final class Architectures {

    /** ResNet-18 (He et al. 2016) as {@code torchvision.models.resnet18}: the same names, shapes and logits. */
    public static List<Layer> resnet18(int outputs) {
        return resnet(List.of(2, 2, 2, 2), List.of(64, 128, 256, 512), outputs);
    }

    /**
     * A residual network of basic blocks.
     *
     * @param blocks per stage
     * @param widths channels per stage; every stage but the first halves the map
     */
    static List<Layer> resnet(List<Integer> blocks, List<Integer> widths, int outputs) {
        List<Layer> layers = new ArrayList<>();
        int channels = widths.get(0);
        layers.add(conv("conv1", channels, 7, 2));
        layers.add(norm("bn1"));
        layers.add(new Relu("relu"));
        layers.add(new MaxPool("maxpool", 3, 2, 1));
        for (int stage = 0; stage < blocks.size(); stage++) {
            List<Layer> stageLayers = new ArrayList<>();
            for (int block = 0; block < blocks.get(stage); block++) {
                int stride = stage > 0 && block == 0 ? 2 : 1;
                stageLayers.add(basicBlock(channels, widths.get(stage), stride));
                channels = widths.get(stage);
            }
            layers.add(new Sequential("layer" + (stage + 1), stageLayers));
        }
        layers.add(new AdaptiveAveragePool("avgpool", 1));
        layers.add(new Flatten("flatten"));
        layers.add(new Linear("fc", outputs, true));
        return layers;
    }

    private static Residual basicBlock(int in, int out, int stride) {
        List<Layer> layers = List.of(
                conv("conv1", out, 3, stride), norm("bn1"), new Relu("relu"), conv("conv2", out, 3, 1), norm("bn2"));
        boolean identity = stride == 1 && in == out;
        return new Residual(null, layers, identity ? List.of() : List.of(conv(null, out, 1, stride), norm(null)));
    }

    private static Conv conv(@Nullable String name, int out, int kernel, int stride) {
        return new Conv(name, out, kernel, stride, kernel / 2, 1, 1, false, Conv.Start.KAIMING_NORMAL);
    }

    private static BatchNorm norm(@Nullable String name) {
        return new BatchNorm(name, 1e-5, 0.1);
    }

    private Architectures() {}
}
