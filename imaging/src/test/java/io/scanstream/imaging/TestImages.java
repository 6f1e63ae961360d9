package io.scanstream.imaging;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.RenderedImage;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jspecify.annotations.Nullable;

/** Generated pixels, and files of them written by the JDK's own writers: nothing of ours takes part in making a test file. */
final class TestImages {
    private TestImages() {}

    /** Smooth colours with some noise: compressible, yet no two rows alike. uint8 {@code [height, width, channels]}. */
    static byte[] pixels(int width, int height, int channels, long seed) {
        Random random = new Random(seed);
        byte[] pixels = new byte[width * height * channels];
        for (int y = 0, at = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    double wave = Math.sin((x + 3 * c) / 9.0) + Math.cos((y - 5 * c) / 7.0);
                    pixels[at++] = (byte) Math.max(0, Math.min(255, 128 + 50 * wave + random.nextInt(17) - 8));
                }
            }
        }
        return pixels;
    }

    /** 8 bit with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels. */
    static BufferedImage image(byte[] pixels, int width, int height, int channels) {
        return Rasters.over(pixels, width, height, channels);
    }

    /** 16 bit; every value stands for itself. */
    static BufferedImage image(short[] samples, int width, int height, int channels) {
        int[] offsets = new int[channels];
        for (int c = 0; c < channels; c++) {
            offsets[c] = c;
        }
        WritableRaster raster = Raster.createInterleavedRaster(
                new DataBufferUShort(samples, samples.length),
                width,
                height,
                width * channels,
                channels,
                offsets,
                null);
        boolean alpha = channels % 2 == 0;
        ColorSpace space = ColorSpace.getInstance(channels < 3 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
        ComponentColorModel model = new ComponentColorModel(
                space, alpha, false, alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE, DataBuffer.TYPE_USHORT);
        return new BufferedImage(model, raster, false, null);
    }

    /** Indices into a palette of 0xAARRGGBB. */
    static BufferedImage indexed(byte[] indices, int width, int height, int bits, int[] palette) {
        boolean alpha = false;
        for (int argb : palette) {
            alpha |= argb >>> 24 != 255;
        }
        IndexColorModel model = new IndexColorModel(bits, palette.length, palette, 0, alpha, -1, DataBuffer.TYPE_BYTE);
        BufferedImage image = bits == 8
                ? new BufferedImage(
                        model,
                        Raster.createInterleavedRaster(
                                new DataBufferByte(indices, indices.length), width, height, width, 1, new int[1], null),
                        false,
                        null)
                : new BufferedImage(model, model.createCompatibleWritableRaster(width, height), false, null);
        for (int i = 0; bits < 8 && i < indices.length; i++) {
            image.getRaster().setSample(i % width, i / width, 0, indices[i]);
        }
        return image;
    }

    static byte[] jpeg(byte[] pixels, int width, int height, int channels) {
        return write("jpeg", image(pixels, width, height, channels), param -> {});
    }

    static byte[] progressiveJpeg(byte[] pixels, int width, int height, int channels) {
        return write(
                "jpeg",
                image(pixels, width, height, channels),
                param -> param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT));
    }

    static byte[] png(RenderedImage image) {
        return write("png", image, param -> {});
    }

    static byte[] interlacedPng(RenderedImage image) {
        return write("png", image, param -> param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT));
    }

    static byte[] gif(RenderedImage image, boolean interlaced) {
        return write(
                "gif",
                image,
                param -> param.setProgressiveMode(
                        interlaced ? ImageWriteParam.MODE_DEFAULT : ImageWriteParam.MODE_DISABLED));
    }

    static byte[] bmp(RenderedImage image) {
        return write("bmp", image, param -> {});
    }

    /** @param compression a name of the JDK's TIFF writer, or null for none */
    static byte[] tiff(RenderedImage image, @Nullable String compression, ByteOrder order, boolean tiled) {
        return write("tiff", image, order, param -> {
            if (compression != null) {
                param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                param.setCompressionType(compression);
            }
            if (tiled) {
                param.setTilingMode(ImageWriteParam.MODE_EXPLICIT);
                param.setTiling(16, 16, 0, 0);
            }
        });
    }

    static byte[] tiff(RenderedImage image, @Nullable String compression) {
        return tiff(image, compression, ByteOrder.LITTLE_ENDIAN, false);
    }

    private interface Settings {
        void apply(ImageWriteParam param);
    }

    private static byte[] write(String format, RenderedImage image, Settings settings) {
        return write(format, image, ByteOrder.BIG_ENDIAN, settings);
    }

    private static byte[] write(String format, RenderedImage image, ByteOrder order, Settings settings) {
        ImageWriter writer = jdkWriter(format);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            out.setByteOrder(order);
            writer.setOutput(out);
            ImageWriteParam param = writer.getDefaultWriteParam();
            settings.apply(param);
            writer.write(null, new IIOImage(image, null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    private static ImageWriter jdkWriter(String format) {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName(format);
        while (writers.hasNext()) {
            ImageWriter writer = writers.next();
            if (writer.getClass().getName().startsWith("com.sun.imageio")) {
                return writer;
            }
        }
        throw new IllegalStateException("the JDK has no writer for " + format);
    }
}
