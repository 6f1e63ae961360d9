package io.scanstream.local.samples;

/**
 * One cell nucleus: an ellipse whose outline waves, darker at its rim, with or without a nucleolus.
 *
 * @param x centre, px
 * @param y centre, px
 * @param angle of the long axis, radians
 * @param phase of the outline's waves, radians
 * @param look everything that does not depend on where it lies
 */
record Nucleus(double x, double y, double angle, double phase, Look look) {
    /**
     * @param radiusPx of the circle of the same area
     * @param aspect long axis over short axis, from 1
     * @param waviness of the outline, as a part of its radius; 0 is an ellipse
     * @param darkness haematoxylin density of the body, 1 = usual
     * @param rim additional density at the membrane
     * @param nucleolus additional density of the nucleolus; 0 for none
     */
    record Look(double radiusPx, double aspect, double waviness, double darkness, double rim, double nucleolus) {
        double halfLongPx() {
            return radiusPx * StrictMath.sqrt(aspect);
        }

        double halfShortPx() {
            return radiusPx / StrictMath.sqrt(aspect);
        }
    }

    double areaPx() {
        return StrictMath.PI * look.radiusPx * look.radiusPx;
    }

    boolean within(double distancePx, double otherX, double otherY) {
        double dx = x - otherX;
        double dy = y - otherY;
        return dx * dx + dy * dy < distancePx * distancePx;
    }

    /** Adds this nucleus to a haematoxylin plane, {@code density[y * size + x]}, with a soft edge of about a pixel. */
    void draw(float[] density, int size) {
        double halfLong = look.halfLongPx();
        double halfShort = look.halfShortPx();
        double reach = halfLong * (1 + look.waviness) + 2;
        double cos = StrictMath.cos(angle);
        double sin = StrictMath.sin(angle);
        for (int row = clamp(y - reach, size); row < clamp(y + reach + 1, size); row++) {
            for (int column = clamp(x - reach, size); column < clamp(x + reach + 1, size); column++) {
                double dx = column + 0.5 - x;
                double dy = row + 0.5 - y;
                double along = (dx * cos + dy * sin) / halfLong;
                double across = (dy * cos - dx * sin) / halfShort;
                double radius = StrictMath.sqrt(along * along + across * across);
                double edge = 1 + wave(StrictMath.atan2(across, along));
                double insidePx = (edge - radius) * halfShort;
                double cover = smooth(insidePx + 0.5);
                if (cover > 0) {
                    density[row * size + column] += (float) (cover * at(along, across, insidePx));
                }
            }
        }
    }

    private double at(double along, double across, double insidePx) {
        double membrane = look.rim * (1 - smooth(insidePx / 1.5));
        double fromNucleolus =
                StrictMath.hypot((along - 0.2) * look.halfLongPx(), (across + 0.15) * look.halfShortPx());
        return look.darkness + membrane + look.nucleolus * (1 - smooth(fromNucleolus - 0.6));
    }

    private double wave(double direction) {
        return look.waviness
                * (0.5 * StrictMath.cos(2 * direction + phase)
                        + 0.6 * StrictMath.cos(3 * direction + 2.3 * phase)
                        + 0.4 * StrictMath.cos(5 * direction + 4.1 * phase));
    }

    /** 0 below 0, 1 above 1, a smooth step between. */
    private static double smooth(double t) {
        double c = StrictMath.max(0, StrictMath.min(1, t));
        return c * c * (3 - 2 * c);
    }

    private static int clamp(double at, int size) {
        return (int) StrictMath.max(0, StrictMath.min(size, at));
    }
}
