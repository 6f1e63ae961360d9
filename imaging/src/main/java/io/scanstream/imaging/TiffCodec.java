package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.TIFF;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import io.scanstream.imaging.JpegStream.Transform;
import io.scanstream.imaging.SampleConverter.Alpha;
import io.scanstream.imaging.SampleConverter.Colour;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;

/**
 * TIFF 6.0 and BigTIFF, first page. Strips and tiles are unpacked by TwelveMonkeys' reader, fax strips by the JDK's, which
 * tells of missing lines where the other leaves them white; JPEG strips go the way of all JPEGs. What the samples mean is
 * decided here.
 */
final class TiffCodec implements Codec {
    private static final int ORIENTATION = 274;
    private static final int JPEG_TABLES = 347;

    /** Fill bits may come before the first end-of-line code (T4Options bit 2), which the JDK's reader does not know. */
    private static final String HARMLESS = "T.4 compressed data should begin with EOL.";

    private static final ImageReaderSpi TWELVE_MONKEYS = new TIFFImageReaderSpi();

    @Override
    public Decoded decode(byte[] bytes, DecodeLimits limits) throws IOException {
        try {
            TiffDirectory directory = TiffDirectory.first(bytes, 0, bytes.length);
            TiffLayout layout = TiffLayout.of(directory, bytes.length, limits);
            limits.checkHeap(TIFF, layout.widthPx(), layout.heightPx(), layout.samples() * layout.sampleBytes() + 3);
            List<String> warnings = new ArrayList<>();
            int pages = directory.pages();
            if (pages > 1) {
                warnings.add("TIFF with " + pages + " pages: only the first is used.");
            }
            long orientation = directory.integer(ORIENTATION, Orientation.UPRIGHT);
            if (!Orientation.isValid(orientation)) {
                warnings.add("TIFF orientation " + orientation + " is not 1 to 8 and was ignored.");
                orientation = Orientation.UPRIGHT;
            }
            Pixels pixels = layout.isJpeg()
                    ? jpegTiles(bytes, directory.raw(JPEG_TABLES), layout, limits)
                    : converter(directory, layout).convert(read(bytes, directory, layout));
            return new Decoded(pixels, (int) orientation, warnings);
        } catch (TiffDirectory.Malformed e) {
            throw Refusal.damaged(TIFF, String.valueOf(e.getMessage()), e);
        }
    }

    private static Raster read(byte[] bytes, TiffDirectory directory, TiffLayout layout)
            throws IOException, TiffDirectory.Malformed {
        ImageReader reader = (layout.isFax() ? JdkReaders.TIFF : TWELVE_MONKEYS).createReaderInstance();
        List<String> complaints = new ArrayList<>();
        try (ByteArrayImageInputStream input =
                new ByteArrayImageInputStream(layout.forCodec(bytes, directory.byteOrder()))) {
            reader.addIIOReadWarningListener((source, warning) -> complaints.add(warning));
            reader.setInput(input, true, true);
            Raster raster = reader.read(0).getRaster();
            // TwelveMonkeys throws at missing data; it warns of last strips that are rightly shorter than the others.
            complaints.remove(HARMLESS);
            if (layout.isFax() && !complaints.isEmpty()) {
                throw Refusal.damaged(TIFF, "the image data is incomplete or corrupt (" + complaints.get(0) + ")");
            }
            return raster;
        } finally {
            reader.dispose();
        }
    }

    private static SampleConverter converter(TiffDirectory directory, TiffLayout layout)
            throws TiffDirectory.Malformed {
        int maximum = (1 << layout.bits()) - 1;
        return switch (layout.photometric()) {
            case TiffLayout.WHITE_IS_ZERO -> SampleConverter.inverted(maximum);
            case TiffLayout.BLACK_IS_ZERO -> SampleConverter.of(Colour.GREY, alpha(directory, layout), maximum, null);
            case TiffLayout.PALETTE -> SampleConverter.of(palette(directory, layout.bits()));
            case TiffLayout.CMYK -> SampleConverter.of(Colour.CMYK, Alpha.NONE, maximum, null);
            default -> SampleConverter.of(Colour.RGB, alpha(directory, layout), maximum, null);
        };
    }

    /** ExtraSamples: 1 is opacity multiplied into the colour, 2 is opacity, anything else is none of our business. */
    private static Alpha alpha(TiffDirectory directory, TiffLayout layout) throws TiffDirectory.Malformed {
        if (layout.samples() == layout.colours()) {
            return Alpha.NONE;
        }
        long meaning = directory.integer(TiffLayout.EXTRA_SAMPLES, 0);
        if (meaning == 1) {
            return Alpha.PREMULTIPLIED;
        }
        return meaning == 2 ? Alpha.STRAIGHT : Alpha.NONE;
    }

    /** ColorMap: all reds, all greens, all blues, 16 bit; some writers left them at 8 bit, as libtiff knows. */
    private static Palette palette(TiffDirectory directory, int bits) throws TiffDirectory.Malformed {
        int size = 1 << bits;
        if (directory.count(TiffLayout.COLOR_MAP) != 3 * size) {
            throw Refusal.damaged(
                    TIFF,
                    "a palette of " + 3 * size + " values was expected, " + directory.count(TiffLayout.COLOR_MAP)
                            + " are there");
        }
        long[] map = directory.integers(TiffLayout.COLOR_MAP, 3 * size);
        boolean deep = Arrays.stream(map).anyMatch(value -> value > 255);
        int[] palette = new int[size];
        for (int i = 0; i < size; i++) {
            int shift = deep ? 8 : 0;
            palette[i] = (int) (map[i] >> shift) << 16
                    | (int) (map[size + i] >> shift) << 8
                    | (int) (map[2 * size + i] >> shift);
        }
        return new Palette(palette);
    }

    /** Every strip or tile is a JPEG of its own, with shared tables (TIFF technical note 2). */
    private static Pixels jpegTiles(byte[] bytes, byte[] tables, TiffLayout layout, DecodeLimits limits)
            throws IOException {
        int width = layout.widthPx();
        int height = layout.heightPx();
        int channels = layout.colours() == 1 ? 1 : 3;
        byte[] out = new byte[width * height * channels];
        for (int tile = 0; tile < layout.tiles(); tile++) {
            TiffLayout.Tile place = layout.tile(tile);
            JpegStream stream =
                    JpegStream.read(bytes, place.from(), place.to(), tables.length == 0 ? null : tables, limits);
            boolean fits = stream.widthPx() >= place.widthPx()
                    && stream.heightPx() >= place.heightPx()
                    && stream.widthPx() <= layout.tileWidthPx()
                    && stream.heightPx() <= layout.tileHeightPx()
                    && stream.components() == layout.samples();
            if (!fits) {
                throw Refusal.damaged(
                        TIFF,
                        "JPEG tile " + tile + " is " + stream.widthPx() + "x" + stream.heightPx() + "x"
                                + stream.components() + ", " + layout.tileWidthPx() + "x" + layout.tileHeightPx() + "x"
                                + layout.samples() + " was expected");
            }
            Transform transform = layout.photometric() == TiffLayout.YCBCR ? Transform.YCC : Transform.NONE;
            Pixels pixels = JpegCodec.pixels(stream, transform, false, limits);
            for (int y = 0; y < place.heightPx(); y++) {
                System.arraycopy(
                        pixels.data(),
                        y * pixels.widthPx() * channels,
                        out,
                        ((place.y() + y) * width + place.x()) * channels,
                        place.widthPx() * channels);
            }
        }
        if (layout.photometric() == TiffLayout.WHITE_IS_ZERO) {
            for (int i = 0; i < out.length; i++) {
                out[i] = (byte) ~out[i];
            }
        }
        return new Pixels(width, height, channels, out);
    }
}
