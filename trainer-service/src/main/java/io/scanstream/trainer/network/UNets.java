package io.scanstream.trainer.network;

import java.util.ArrayList;
import java.util.List;

/**
 * U-Nets (Ronneberger et al. 2015). Each level is two convolutions, the level below beside a shortcut, and two convolutions
 * again; parameters are named by the way to them, {@code below.1.below.1.in.0.weight}.
 */
final class UNets {
    private static final int GROUP = 8;

    private final Architecture.UNet plan;

    static List<Layer> layers(Architecture.UNet plan, List<Layer> head) {
        List<Layer> layers = new ArrayList<>(new UNets(plan).level(0));
        layers.add(head.isEmpty() ? Conv.of(null, 1).named("head") : new Sequential("head", head));
        return layers;
    }

    private UNets(Architecture.UNet plan) {
        this.plan = plan;
    }

    private List<Layer> level(int level) {
        int width = plan.width() << level;
        List<Layer> layers = new ArrayList<>();
        layers.add(new Sequential("in", twice(width)));
        if (level == plan.depth()) {
            layers.add(new Dropout("dropout", plan.dropout(), true));
            return layers;
        }
        List<Layer> below = new ArrayList<>();
        below.add(new MaxPool("down", 2, 2, 0, false));
        below.addAll(level(level + 1));
        below.addAll(up(width));
        layers.add(new Concat("below", List.of(List.of(), below)));
        layers.add(new Sequential("out", twice(width)));
        return layers;
    }

    private List<Layer> up(int width) {
        if (plan.up() == Architecture.UNet.Up.TRANSPOSED) {
            return List.of(TransposedConv.of(width, 2, 2, 0).named("up"));
        }
        Upsample.Mode mode = plan.up() == Architecture.UNet.Up.NEAREST ? Upsample.Mode.NEAREST : Upsample.Mode.BILINEAR;
        return List.of(new Upsample("larger", 2, mode), Conv.of(width, 1).named("up"));
    }

    private List<Layer> twice(int width) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Conv conv = Conv.of(width, 3).padding(1).kaiming();
            switch (plan.norm()) {
                case BATCH -> layers.addAll(List.of(conv.withoutBias(), BatchNorm.named(null)));
                case GROUP -> layers.addAll(List.of(conv.withoutBias(), new GroupNorm(null, groups(width), 1e-5)));
                case NONE -> layers.add(conv);
            }
            layers.add(new Relu(null));
        }
        return layers;
    }

    private static int groups(int width) {
        return width % GROUP == 0 ? width / GROUP : 1;
    }
}
