package io.scanstream.local.samples;

import io.scanstream.local.samples.Nucleus.Look;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the nuclei of a patch lie and how each looks. How much of the patch they cover is drawn from the same range for
 * every tissue, so that the amount of stain does not tell the class; lymphocytes and spindle cells are strewn into all
 * of them.
 */
final class Architecture {
    /** An opening that holds neither stain. */
    record Lumen(double x, double y, double radiusPx) {}

    private static final int MOST_GLANDS = 12;
    private static final int MOST_TRIES = 4_000;

    private final Chance chance;
    private final int size;
    private final double magnification;
    private final List<Nucleus> nuclei = new ArrayList<>();
    private final List<Lumen> lumens = new ArrayList<>();

    private Architecture(Chance chance, int size) {
        this.chance = chance;
        this.size = size;
        this.magnification = chance.between(0.85, 1.15) * size / 96.0;
    }

    static Architecture of(Tissue tissue, int size, Chance chance) {
        Architecture patch = new Architecture(chance, size);
        double coverPx = chance.between(0.13, 0.27) * size * size;
        patch.strewBystanders(coverPx * chance.between(0.1, 0.35));
        switch (tissue) {
            case NORMAL -> patch.growGlands(coverPx, chance.between(2.4, 3.0), 1.6, 2.4);
            case BENIGN -> {
                if (chance.happens(0.3)) {
                    // An overgrown gland: its nuclei are rounder, larger and closer than they should be.
                    patch.growGlands(coverPx, chance.between(3.5, 4.2), 1.1, 2.3);
                } else {
                    patch.spread(coverPx);
                }
            }
            case CANCER -> {
                if (chance.happens(0.3)) {
                    patch.growGlands(coverPx * 0.3, chance.between(2.4, 3.0), 1.6, 2.4);
                }
                patch.crowd(coverPx);
            }
        }
        return patch;
    }

    List<Nucleus> nuclei() {
        return nuclei;
    }

    List<Lumen> lumens() {
        return lumens;
    }

    /** Lymphocytes, small and round and dark, and spindle cells, thin and long: in every tissue. */
    private void strewBystanders(double coverPx) {
        double grain = chance.angle();
        for (double covered = 0; covered < coverPx; ) {
            Look look = chance.happens(0.4)
                    ? new Look(px(chance.between(1.9, 2.4)), 1.05, 0.03, 1.35, 0, 0)
                    : new Look(px(chance.between(2.0, 2.6)), chance.between(2.4, 3.6), 0.03, 1, 0, 0);
            covered += add(place(), place(), grain + 0.3 * chance.bell(), look);
        }
    }

    /** Rings of alike nuclei that point at the middle of their gland, {@code spacing} radii from one to the next. */
    private void growGlands(double coverPx, double radius, double aspect, double spacing) {
        double darkness = chance.between(0.8, 1.2);
        double rim = chance.between(0.1, 0.3);
        double covered = 0;
        for (int gland = 0; gland < MOST_GLANDS && covered < coverPx; gland++) {
            double x = place();
            double y = place();
            double ring = px(chance.between(9, 19));
            boolean overlapsAnother =
                    lumens.stream().anyMatch(other -> apart(x, y, other) < ring + other.radiusPx() + px(9));
            if (overlapsAnother) {
                continue;
            }
            lumens.add(new Lumen(x, y, StrictMath.max(2, ring - px(5.5)) * chance.between(0.5, 1)));
            double step = spacing * chance.between(0.9, 1.15) * px(radius);
            int count = (int) (2 * StrictMath.PI * ring / step);
            double start = chance.angle();
            for (int i = 0; i < count; i++) {
                double direction = start + 2 * StrictMath.PI * (i + 0.12 * chance.bell()) / count;
                double distance = ring + px(0.7) * chance.bell();
                Look look = new Look(
                        px(radius) * (1 + 0.08 * chance.bell()),
                        aspect * chance.between(0.91, 1.12),
                        0.03,
                        darkness * (1 + 0.08 * chance.bell()),
                        rim,
                        0);
                covered += add(
                        x + distance * StrictMath.cos(direction),
                        y + distance * StrictMath.sin(direction),
                        direction + 0.15 * chance.bell(),
                        look);
            }
        }
    }

    /** Round pale nuclei that keep their distance. */
    private void spread(double coverPx) {
        double radius = px(chance.between(3.2, 4.1));
        double darkness = chance.between(0.7, 1.1);
        double distance = chance.between(2.1, 2.4) * radius;
        openAtRandom();
        double covered = 0;
        for (int attempt = 0; attempt < MOST_TRIES && covered < coverPx; attempt++) {
            double x = place();
            double y = place();
            if (nuclei.stream().noneMatch(other -> other.within(distance, x, y))) {
                Look look = new Look(
                        radius * (1 + 0.09 * chance.bell()),
                        chance.between(1.0, 1.25),
                        0.05,
                        darkness * (1 + 0.08 * chance.bell()),
                        0.35,
                        chance.happens(0.1) ? 0.4 : 0);
                covered += add(x, y, chance.angle(), look);
            }
        }
    }

    /** Pleomorphic, hyperchromatic nuclei in clusters. */
    private void crowd(double coverPx) {
        double radius = px(chance.between(3.0, 4.2));
        double darkness = chance.between(0.85, 1.35);
        double disorder = chance.between(0.26, 0.42);
        openAtRandom();
        double covered = 0;
        while (covered < coverPx) {
            double x = place();
            double y = place();
            int together = 1 + chance.below(5);
            for (int i = 0; i < together; i++) {
                Look look = new Look(
                        radius * StrictMath.exp(disorder * chance.bell()),
                        chance.between(1.0, 1.8),
                        chance.between(0.07, 0.23),
                        darkness * StrictMath.exp(0.25 * chance.bell()),
                        0.2,
                        chance.happens(0.5) ? chance.between(0.5, 1.2) : 0);
                covered += add(x + px(5) * chance.bell(), y + px(5) * chance.bell(), chance.angle(), look);
            }
        }
    }

    /** Openings that have nothing to do with glands: tears, fat, vessels. */
    private void openAtRandom() {
        int count = chance.below(4);
        for (int i = 0; i < count; i++) {
            lumens.add(new Lumen(place(), place(), px(chance.between(3, 9))));
        }
    }

    /** Adds a nucleus and returns the area that it covers, px². */
    private double add(double x, double y, double angle, Look look) {
        Nucleus nucleus = new Nucleus(x, y, angle, chance.angle(), look);
        nuclei.add(nucleus);
        return nucleus.areaPx();
    }

    /** A coordinate in the patch or just outside, so that nuclei are cut by its border. */
    private double place() {
        return chance.between(-px(4), size + px(4));
    }

    /** A length in a patch of 96 px at the usual magnification, in the pixels of this one. */
    private double px(double length) {
        return length * magnification;
    }

    private static double apart(double x, double y, Lumen other) {
        return StrictMath.hypot(x - other.x(), y - other.y());
    }
}
