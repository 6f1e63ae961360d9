package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.PNG;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import io.scanstream.imaging.SampleConverter.Alpha;
import io.scanstream.imaging.SampleConverter.Colour;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/** PNG through the JDK's reader, which inflates and unfilters; colours, palette and transparency are done here. */
final class PngCodec implements Codec {
    @Override
    public Decoded decode(byte[] bytes, DecodeLimits limits) throws IOException {
        PngStream stream = PngStream.read(bytes, limits);
        int width = stream.widthPx();
        int height = stream.heightPx();
        limits.checkHeap(PNG, width, height, stream.samplesPerPixel() * (stream.depth() == 16 ? 2 : 1) + 3);
        List<String> warnings = new ArrayList<>();
        if (stream.animated()) {
            warnings.add("Animated PNG: only the first image is used.");
        }
        int orientation = stream.exifFrom() < 0
                ? Orientation.UPRIGHT
                : Exif.orientation(bytes, stream.exifFrom(), stream.exifTo(), warnings);
        return new Decoded(pixels(stream), orientation, warnings);
    }

    private static Pixels pixels(PngStream stream) throws IOException {
        int width = stream.widthPx();
        int height = stream.heightPx();
        int samples = stream.samplesPerPixel();
        if (stream.depth() != 8) {
            return converter(stream).convert(read(stream, null));
        }
        byte[] data = new byte[Math.multiplyExact(width * samples, height)];
        Raster raster = read(stream, data);
        boolean finished = stream.transparency().length == 0
                && (stream.colourType() == PngStream.GREY || stream.colourType() == PngStream.RGB);
        return finished
                ? new Pixels(width, height, samples, data)
                : converter(stream).convert(raster);
    }

    /** The raw samples, in {@code target} where it is given: 8 bit, interleaved. */
    private static Raster read(PngStream stream, byte @Nullable [] target) throws IOException {
        ImageReader reader = JdkReaders.PNG.createReaderInstance();
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(stream.forCodec())) {
            reader.setInput(input, true, true);
            ImageReadParam param = reader.getDefaultReadParam();
            if (target != null) {
                param.setDestination(
                        Rasters.over(target, stream.widthPx(), stream.heightPx(), stream.samplesPerPixel()));
            }
            return reader.read(0, param).getRaster();
        } finally {
            reader.dispose();
        }
    }

    private static SampleConverter converter(PngStream stream) {
        int maximum = (1 << stream.depth()) - 1;
        return switch (stream.colourType()) {
            case PngStream.GREY -> SampleConverter.of(Colour.GREY, Alpha.NONE, maximum, transparent(stream, 1));
            case PngStream.RGB -> SampleConverter.of(Colour.RGB, Alpha.NONE, maximum, transparent(stream, 3));
            case PngStream.GREY_ALPHA -> SampleConverter.of(Colour.GREY, Alpha.STRAIGHT, maximum, null);
            case PngStream.RGB_ALPHA -> SampleConverter.of(Colour.RGB, Alpha.STRAIGHT, maximum, null);
            default -> SampleConverter.of(palette(stream));
        };
    }

    /** tRNS of grey and RGB: one sample of 16 bits per channel, at the depth of the image. */
    private static int @Nullable [] transparent(PngStream stream, int channels) {
        byte[] chunk = stream.transparency();
        if (chunk.length != 2 * channels) {
            return null;
        }
        int[] samples = new int[channels];
        for (int c = 0; c < channels; c++) {
            samples[c] = ByteBuffer.wrap(chunk).getShort(2 * c) & 0xffff;
        }
        return samples;
    }

    private static Palette palette(PngStream stream) {
        byte[] colours = stream.palette();
        byte[] opacities = stream.transparency();
        int[] palette = new int[colours.length / 3];
        for (int i = 0; i < palette.length; i++) {
            int opacity = i < opacities.length ? opacities[i] & 0xff : 255;
            palette[i] = Background.behind(
                    colours[3 * i] & 0xff, colours[3 * i + 1] & 0xff, colours[3 * i + 2] & 0xff, opacity);
        }
        return new Palette(palette);
    }
}
