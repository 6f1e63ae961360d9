package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.TIFF;

import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * How the pixels of a TIFF page are laid out, checked against the file before anything is allocated: size, samples,
 * compression, and that every strip or tile lies inside the file.
 */
final class TiffLayout {
    static final int WHITE_IS_ZERO = 0;
    static final int BLACK_IS_ZERO = 1;
    static final int RGB = 2;
    static final int PALETTE = 3;
    static final int CMYK = 5;
    static final int YCBCR = 6;

    static final int COLOR_MAP = 320;
    static final int EXTRA_SAMPLES = 338;

    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS_PER_SAMPLE = 258;
    private static final int COMPRESSION = 259;
    private static final int PHOTOMETRIC = 262;
    private static final int FILL_ORDER = 266;
    private static final int STRIP_OFFSETS = 273;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int ROWS_PER_STRIP = 278;
    private static final int STRIP_BYTE_COUNTS = 279;
    private static final int PLANAR = 284;
    private static final int T4_OPTIONS = 292;
    private static final int T6_OPTIONS = 293;
    private static final int PREDICTOR = 317;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int TILE_OFFSETS = 324;
    private static final int TILE_BYTE_COUNTS = 325;
    private static final int INK_SET = 332;
    private static final int SAMPLE_FORMAT = 339;

    /** Each costs time however small it is; 100 megapixels in usual tiles of 256x256 are 1,526. */
    private static final int MOST_TILES = 65_536;

    private static final int UNCOMPRESSED = 1;
    private static final int JPEG = 7;

    /** One strip or tile: its bytes in the file, its place in the image, its size without the padding of edge tiles. */
    record Tile(int from, int to, int x, int y, int widthPx, int heightPx) {}

    private final TiffDirectory directory;
    private final int width;
    private final int height;
    private final int samples;
    private final int bits;
    private final int compression;
    private final int photometric;
    private final boolean planar;
    private final boolean tiled;
    private final int tileWidth;
    private final int tileHeight;
    private final int[] offsets;
    private final int[] byteCounts;

    static TiffLayout of(TiffDirectory directory, int fileBytes, DecodeLimits limits) throws TiffDirectory.Malformed {
        return new TiffLayout(directory, fileBytes, limits);
    }

    private TiffLayout(TiffDirectory directory, int fileBytes, DecodeLimits limits) throws TiffDirectory.Malformed {
        this.directory = directory;
        long declaredWidth = directory.integer(WIDTH, 0);
        long declaredHeight = directory.integer(HEIGHT, 0);
        if (declaredWidth < 1 || declaredHeight < 1) {
            throw Refusal.damaged(TIFF, "size " + declaredWidth + "x" + declaredHeight);
        }
        limits.check(TIFF, declaredWidth, declaredHeight);
        width = (int) declaredWidth;
        height = (int) declaredHeight;
        samples = small(SAMPLES_PER_PIXEL, 1);
        bits = bits(samples);
        compression = small(COMPRESSION, UNCOMPRESSED);
        photometric = small(PHOTOMETRIC, -1);
        planar = small(PLANAR, 1) == 2 && samples > 1;
        tiled = directory.has(TILE_OFFSETS);
        requireSupported();
        long rows = directory.integer(ROWS_PER_STRIP, height);
        long across = tiled ? directory.integer(TILE_WIDTH, 0) : width;
        long down = tiled ? directory.integer(TILE_HEIGHT, 0) : Math.min(rows, height);
        if (across < 1 || down < 1 || (tiled && (across % 16 != 0 || down % 16 != 0))) {
            throw Refusal.damaged(TIFF, "strips or tiles of " + across + "x" + down + " pixels");
        }
        limits.check(TIFF, across, down);
        tileWidth = (int) across;
        tileHeight = (int) down;
        if (tiles() > MOST_TILES) {
            throw Refusal.tooLarge(TIFF, tiles() + " strips or tiles, " + MOST_TILES + " are allowed");
        }
        offsets = new int[tiles() * (planar ? samples : 1)];
        byteCounts = new int[offsets.length];
        locate(fileBytes);
    }

    int widthPx() {
        return width;
    }

    int heightPx() {
        return height;
    }

    /** Samples per pixel, alpha and others included. */
    int samples() {
        return samples;
    }

    int bits() {
        return bits;
    }

    int sampleBytes() {
        return bits > 8 ? 2 : 1;
    }

    int photometric() {
        return photometric;
    }

    /** Samples that are colour. */
    int colours() {
        return switch (photometric) {
            case RGB, YCBCR -> 3;
            case CMYK -> 4;
            default -> 1;
        };
    }

    boolean isJpeg() {
        return compression == JPEG;
    }

    boolean isFax() {
        return compression >= 2 && compression <= 4;
    }

    int tileWidthPx() {
        return tileWidth;
    }

    int tileHeightPx() {
        return tileHeight;
    }

    /** Strips or tiles of one plane. */
    int tiles() {
        return tilesAcross() * ((height + tileHeight - 1) / tileHeight);
    }

    private int tilesAcross() {
        return (width + tileWidth - 1) / tileWidth;
    }

    Tile tile(int index) {
        int x = index % tilesAcross() * tileWidth;
        int y = index / tilesAcross() * tileHeight;
        return new Tile(
                offsets[index],
                offsets[index] + byteCounts[index],
                x,
                y,
                Math.min(tileWidth, width - x),
                Math.min(tileHeight, height - y));
    }

    /**
     * The same file with a directory of our own at its end: one page, no metadata, values that have been checked. Grey
     * stands for palettes and ink drawings, RGB for inks: the codec is to unpack samples, not to look at colours.
     */
    byte[] forCodec(byte[] file, ByteOrder order) throws TiffDirectory.Malformed {
        TiffBuilder out = new TiffBuilder();
        out.put(WIDTH, TiffDirectory.LONG, width);
        out.put(HEIGHT, TiffDirectory.LONG, height);
        int[] depths = new int[samples];
        Arrays.fill(depths, bits);
        out.put(BITS_PER_SAMPLE, TiffDirectory.SHORT, depths);
        out.put(COMPRESSION, TiffDirectory.SHORT, compression);
        int shown = colours() == 1 ? 1 : 3;
        out.put(PHOTOMETRIC, TiffDirectory.SHORT, shown == 1 ? BLACK_IS_ZERO : RGB);
        out.put(FILL_ORDER, TiffDirectory.SHORT, small(FILL_ORDER, 1));
        if (!tiled) {
            out.put(STRIP_OFFSETS, TiffDirectory.LONG, offsets);
        }
        out.put(SAMPLES_PER_PIXEL, TiffDirectory.SHORT, samples);
        if (!tiled) {
            out.put(ROWS_PER_STRIP, TiffDirectory.LONG, tileHeight);
            out.put(STRIP_BYTE_COUNTS, TiffDirectory.LONG, byteCounts);
        }
        out.put(PLANAR, TiffDirectory.SHORT, planar ? 2 : 1);
        out.put(T4_OPTIONS, TiffDirectory.LONG, small(T4_OPTIONS, 0));
        out.put(T6_OPTIONS, TiffDirectory.LONG, small(T6_OPTIONS, 0));
        out.put(PREDICTOR, TiffDirectory.SHORT, small(PREDICTOR, 1));
        if (tiled) {
            out.put(TILE_WIDTH, TiffDirectory.LONG, tileWidth);
            out.put(TILE_HEIGHT, TiffDirectory.LONG, tileHeight);
            out.put(TILE_OFFSETS, TiffDirectory.LONG, offsets);
            out.put(TILE_BYTE_COUNTS, TiffDirectory.LONG, byteCounts);
        }
        if (samples > shown) {
            out.put(EXTRA_SAMPLES, TiffDirectory.SHORT, new int[samples - shown]);
        }
        return out.behind(file, order);
    }

    private int small(int tag, int absent) throws TiffDirectory.Malformed {
        long value = directory.integer(tag, absent);
        if (value > 0xffff) {
            throw Refusal.damaged(TIFF, "tag " + tag + " is " + value);
        }
        return (int) value;
    }

    private int bits(int samplesPerPixel) throws TiffDirectory.Malformed {
        if (directory.count(BITS_PER_SAMPLE) == 0) {
            return 1;
        }
        if (samplesPerPixel < 1 || samplesPerPixel > 8 || directory.count(BITS_PER_SAMPLE) > 8) {
            throw Refusal.unsupported(TIFF, samplesPerPixel + " samples per pixel");
        }
        long[] all = directory.integers(BITS_PER_SAMPLE, 8);
        if (Arrays.stream(all).anyMatch(b -> b != all[0]) || all[0] < 1 || all[0] > 64) {
            throw Refusal.unsupported(TIFF, "bits per sample " + Arrays.toString(all));
        }
        return (int) all[0];
    }

    private void requireSupported() throws TiffDirectory.Malformed {
        long format = directory.integer(SAMPLE_FORMAT, 1);
        if (format != 1 && format != 4) {
            String name = format == 2 ? "signed integers" : format == 3 ? "floating point" : "sample format " + format;
            throw Refusal.unsupported(TIFF, name + " of " + bits + " bits, expected unsigned integers");
        }
        boolean known = compression == UNCOMPRESSED
                || isFax()
                || compression == 5
                || compression == JPEG
                || compression == 8
                || compression == 32946
                || compression == 32773;
        if (!known) {
            throw Refusal.unsupported(
                    TIFF, "compression " + compression + ", expected none, fax, LZW, deflate, PackBits or JPEG");
        }
        boolean depth =
                switch (photometric) {
                    case WHITE_IS_ZERO, BLACK_IS_ZERO ->
                        samples == 1
                                ? bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 12 || bits == 16
                                : photometric == BLACK_IS_ZERO && (bits == 8 || bits == 16);
                    case PALETTE -> samples == 1 && (bits == 1 || bits == 2 || bits == 4 || bits == 8);
                    case RGB, CMYK -> bits == 8 || bits == 16;
                    case YCBCR -> bits == 8 && samples == 3 && isJpeg();
                    default -> false;
                };
        boolean inks = photometric != CMYK || directory.integer(INK_SET, 1) == 1;
        boolean fax = !isFax() || (bits == 1 && samples == 1 && !tiled);
        boolean jpeg = !isJpeg() || (bits == 8 && samples == colours() && !planar);
        boolean predictor = directory.integer(PREDICTOR, 1) <= 2;
        if (!depth || samples < colours() || !inks || !fax || !jpeg || !predictor) {
            throw Refusal.unsupported(
                    TIFF,
                    "photometric interpretation " + photometric + " with " + samples + " samples of " + bits
                            + " bits, compression " + compression + ", predictor " + directory.integer(PREDICTOR, 1)
                            + (planar ? ", planar" : ""));
        }
    }

    /** Fills offsets and byte counts; refuses what is missing or lies outside the file. */
    private void locate(int fileBytes) throws TiffDirectory.Malformed {
        int offsetTag = tiled ? TILE_OFFSETS : STRIP_OFFSETS;
        int countTag = tiled ? TILE_BYTE_COUNTS : STRIP_BYTE_COUNTS;
        boolean counted = directory.count(countTag) >= offsets.length;
        if (directory.count(offsetTag) < offsets.length || (!counted && compression != UNCOMPRESSED)) {
            throw Refusal.damaged(
                    TIFF,
                    offsets.length + " strips or tiles were expected, " + directory.count(offsetTag) + " offsets and "
                            + directory.count(countTag) + " byte counts are there");
        }
        long[] from = directory.integers(offsetTag, offsets.length);
        long[] counts = counted ? directory.integers(countTag, offsets.length) : new long[0];
        for (int i = 0; i < offsets.length; i++) {
            long size = counted ? counts[i] : Long.MAX_VALUE;
            if (compression == UNCOMPRESSED) {
                long needed = uncompressedBytes(i);
                if (size < needed) {
                    throw Refusal.truncated(TIFF, "strip or tile " + i + " has " + size + " bytes of " + needed);
                }
                size = needed;
            }
            if (from[i] < 8 || size < 1 || from[i] > fileBytes || size > fileBytes - from[i]) {
                throw Refusal.truncated(
                        TIFF,
                        "strip or tile " + i + " has " + size + " bytes at byte " + from[i] + ", the file ends at byte "
                                + fileBytes);
            }
            offsets[i] = (int) from[i];
            byteCounts[i] = (int) size;
        }
    }

    private long uncompressedBytes(int index) {
        int perPlane = tiles();
        int y = index % perPlane / tilesAcross() * tileHeight;
        int rows = tiled ? tileHeight : Math.min(tileHeight, height - y);
        return rows * (((long) tileWidth * bits * (planar ? 1 : samples) + 7) / 8);
    }
}
