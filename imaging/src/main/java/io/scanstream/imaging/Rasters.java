package io.scanstream.imaging;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/** Destination images around arrays of ours, so that what a codec writes needs no copy and meets no colour conversion. */
final class Rasters {
    private Rasters() {}

    /** An image of {@code [heightPx, widthPx, bands]} bytes over {@code data}: grey, grey and alpha, RGB or RGBA. */
    static BufferedImage over(byte[] data, int widthPx, int heightPx, int bands) {
        int[] offsets = new int[bands];
        for (int b = 0; b < bands; b++) {
            offsets[b] = b;
        }
        WritableRaster raster = Raster.createInterleavedRaster(
                new DataBufferByte(data, data.length), widthPx, heightPx, widthPx * bands, bands, offsets, null);
        ColorSpace space = ColorSpace.getInstance(bands < 3 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
        boolean alpha = bands % 2 == 0;
        ComponentColorModel model = new ComponentColorModel(
                space, alpha, false, alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE, DataBuffer.TYPE_BYTE);
        return new BufferedImage(model, raster, false, null);
    }
}
