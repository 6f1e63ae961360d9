package io.scanstream.trainer.data;

import io.scanstream.contracts.recipe.Augmentation.Fill;

/**
 * Where the pixels of a changed image come from: pixel (x, y) from (ax·x + bx·y + cx, ay·x + by·y + cy) of the image before.
 * Warps that follow one another are one warp, so that pixels are resampled once.
 *
 * @param outWidth width of the changed image in pixels
 * @param outHeight height of the changed image in pixels
 * @param fill what lies beyond the image's edge
 */
record Warp(double ax, double bx, double cx, double ay, double by, double cy, int outWidth, int outHeight, Fill fill) {
    /** Shares of neighbours in fixed point; two of them and a value of 8 bits fit into an int. */
    private static final int SHARE_BITS = 11;

    private static final int ONE = 1 << SHARE_BITS;
    private static final int HALF = 1 << (2 * SHARE_BITS - 1);

    /** Leaves an image as it is. */
    static Warp none(int width, int height) {
        return new Warp(1, 0, 0, 0, 1, 0, width, height, Fill.MIRROR);
    }

    /** Left becomes right. */
    static Warp mirroredX(int width, int height) {
        return new Warp(-1, 0, width - 1, 0, 1, 0, width, height, Fill.MIRROR);
    }

    /** Top becomes bottom. */
    static Warp mirroredY(int width, int height) {
        return new Warp(1, 0, 0, 0, -1, height - 1, width, height, Fill.MIRROR);
    }

    /** Turns a square clockwise; no pixel changes its value. */
    static Warp quarterTurns(int turns, int side) {
        return switch (turns) {
            case 1 -> new Warp(0, 1, 0, -1, 0, side - 1, side, side, Fill.MIRROR);
            case 2 -> new Warp(-1, 0, side - 1, 0, -1, side - 1, side, side, Fill.MIRROR);
            case 3 -> new Warp(0, -1, side - 1, 1, 0, 0, side, side, Fill.MIRROR);
            default -> none(side, side);
        };
    }

    /** A part of the image, whose left upper corner may lie outside. */
    static Warp part(int left, int top, int width, int height) {
        return new Warp(1, 0, left, 0, 1, top, width, height, Fill.MIRROR);
    }

    /** A part of the image, stretched to a size. */
    static Warp stretched(int left, int top, int partWidth, int partHeight, int width, int height) {
        double scaleX = (double) partWidth / width;
        double scaleY = (double) partHeight / height;
        return new Warp(
                scaleX, 0, left + 0.5 * scaleX - 0.5, 0, scaleY, top + 0.5 * scaleY - 0.5, width, height, Fill.MIRROR);
    }

    /**
     * Shears along the rows, turns clockwise and zooms about the middle, then shifts: the inverse of the matrix of
     * torchvision's {@code affine}.
     *
     * @param shear in radians
     * @param shiftX in pixels to the right
     */
    static Warp affine(
            double radians, double zoom, double shear, double shiftX, double shiftY, int width, int height, Fill fill) {
        double cos = Math.cos(radians) / zoom;
        double sin = Math.sin(radians) / zoom;
        double slope = Math.tan(shear);
        double ax = cos - slope * sin;
        double bx = sin + slope * cos;
        double middleX = (width - 1) / 2.0;
        double middleY = (height - 1) / 2.0;
        double fromX = middleX + shiftX;
        double fromY = middleY + shiftY;
        return new Warp(
                ax,
                bx,
                middleX - ax * fromX - bx * fromY,
                -sin,
                cos,
                middleY + sin * fromX - cos * fromY,
                width,
                height,
                fill);
    }

    /** This one, and then another. Of the two, what is not the mirror fills. */
    Warp then(Warp next) {
        return new Warp(
                ax * next.ax + bx * next.ay,
                ax * next.bx + bx * next.by,
                ax * next.cx + bx * next.cy + cx,
                ay * next.ax + by * next.ay,
                ay * next.bx + by * next.by,
                ay * next.cx + by * next.cy + cy,
                next.outWidth,
                next.outHeight,
                next.fill == Fill.MIRROR ? fill : next.fill);
    }

    private boolean isNone(int width, int height) {
        return equals(new Warp(1, 0, 0, 0, 1, 0, width, height, fill));
    }

    /** Whether every pixel comes from the middle of another: none changes its value. */
    private boolean isWhole() {
        return ax == Math.rint(ax)
                && bx == Math.rint(bx)
                && cx == Math.rint(cx)
                && ay == Math.rint(ay)
                && by == Math.rint(by)
                && cy == Math.rint(cy);
    }

    /**
     * The changed image, bilinear.
     *
     * @param pixels uint8 {@code [height, width, channels]}; it is returned itself if nothing changes
     */
    byte[] image(byte[] pixels, int width, int height, int channels) {
        if (isNone(width, height)) {
            return pixels;
        }
        return isWhole() ? nearest(pixels, width, height, channels) : bilinear(pixels, width, height, channels);
    }

    /** The changed mask, every pixel from the nearest one: uint8 {@code [height, width]}. */
    byte[] mask(byte[] indices, int width, int height) {
        return isNone(width, height) ? indices : nearest(indices, width, height, 1);
    }

    private byte[] nearest(byte[] pixels, int width, int height, int channels) {
        byte[] out = new byte[outWidth * outHeight * channels];
        int to = 0;
        for (int y = 0; y < outHeight; y++) {
            for (int x = 0; x < outWidth; x++, to += channels) {
                int fromX = inside((int) Math.floor(ax * x + bx * y + cx + 0.5), width);
                int fromY = inside((int) Math.floor(ay * x + by * y + cy + 0.5), height);
                if (fromX >= 0 && fromY >= 0) {
                    int from = (fromY * width + fromX) * channels;
                    for (int channel = 0; channel < channels; channel++) {
                        out[to + channel] = pixels[from + channel];
                    }
                }
            }
        }
        return out;
    }

    private byte[] bilinear(byte[] pixels, int width, int height, int channels) {
        byte[] out = new byte[outWidth * outHeight * channels];
        int to = 0;
        for (int y = 0; y < outHeight; y++) {
            for (int x = 0; x < outWidth; x++, to += channels) {
                double fromX = ax * x + bx * y + cx;
                double fromY = ay * x + by * y + cy;
                int left = (int) Math.floor(fromX);
                int top = (int) Math.floor(fromY);
                int shareX = (int) ((fromX - left) * ONE + 0.5);
                int shareY = (int) ((fromY - top) * ONE + 0.5);
                if (left >= 0 && left < width - 1 && top >= 0 && top < height - 1) {
                    int from = (top * width + left) * channels;
                    mix(pixels, from, from + channels, width * channels, shareX, shareY, channels, out, to);
                } else {
                    atEdge(pixels, width, height, channels, left, top, shareX, shareY, out, to);
                }
            }
        }
        return out;
    }

    /** Four neighbours that lie beside and below one another. */
    private static void mix(
            byte[] pixels, int from, int right, int down, int shareX, int shareY, int channels, byte[] out, int to) {
        for (int channel = 0; channel < channels; channel++) {
            int upper = (pixels[from + channel] & 0xff) * (ONE - shareX) + (pixels[right + channel] & 0xff) * shareX;
            int lower = (pixels[from + down + channel] & 0xff) * (ONE - shareX)
                    + (pixels[right + down + channel] & 0xff) * shareX;
            out[to + channel] = (byte) ((upper * (ONE - shareY) + lower * shareY + HALF) >> (2 * SHARE_BITS));
        }
    }

    private void atEdge(
            byte[] pixels,
            int width,
            int height,
            int channels,
            int left,
            int top,
            int shareX,
            int shareY,
            byte[] out,
            int to) {
        for (int channel = 0; channel < channels; channel++) {
            int sum = 0;
            for (int corner = 0; corner < 4; corner++) {
                int x = inside(left + (corner & 1), width);
                int y = inside(top + (corner >> 1), height);
                int share = ((corner & 1) == 0 ? ONE - shareX : shareX) * (corner < 2 ? ONE - shareY : shareY);
                if (x >= 0 && y >= 0) {
                    sum += (pixels[(y * width + x) * channels + channel] & 0xff) * share;
                }
            }
            out[to + channel] = (byte) ((sum + HALF) >> (2 * SHARE_BITS));
        }
    }

    /** The index that stands for one beyond the edge; negative: nothing does, it is black. */
    private int inside(int index, int size) {
        if (index >= 0 && index < size) {
            return index;
        }
        if (fill == Fill.BLACK) {
            return -1;
        }
        if (fill == Fill.EDGE || size == 1) {
            return index < 0 ? 0 : size - 1;
        }
        int period = 2 * (size - 1);
        int folded = Math.floorMod(index, period);
        return folded < size ? folded : period - folded;
    }
}
