package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.GIF;

import java.io.ByteArrayOutputStream;

/** The blocks of a GIF (GIF89a specification) up to the end of its first frame, read without decoding. */
final class GifStream {
    private static final int EXTENSION = 0x21;
    private static final int IMAGE = 0x2c;
    private static final int TRAILER = 0x3b;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int WHOLE_PALETTE = 0x87;

    private final byte[] bytes;
    private int[] palette = {};
    private int transparentIndex = -1;
    private int frameAt = -1;
    private int dataFrom;
    private int dataTo;
    private boolean animated;

    private GifStream(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Refuses a screen or frame over the limits before it reads on. */
    static GifStream read(byte[] bytes, DecodeLimits limits) {
        GifStream stream = new GifStream(bytes);
        int at = stream.header(limits);
        while (stream.frameAt < 0) {
            int block = stream.u8(at);
            if (block == EXTENSION) {
                stream.control(at);
                at = stream.afterBlocks(at + 2);
            } else if (block == IMAGE) {
                at = stream.frame(at, limits);
            } else if (block == TRAILER) {
                throw Refusal.damaged(GIF, "it has no frame");
            } else {
                throw Refusal.damaged(GIF, String.format("block %02X at byte %d is unknown", block, at));
            }
        }
        stream.lookFurther(at);
        return stream;
    }

    int screenWidthPx() {
        return u16(6);
    }

    int screenHeightPx() {
        return u16(8);
    }

    int frameX() {
        return u16(frameAt + 1);
    }

    int frameY() {
        return u16(frameAt + 3);
    }

    int frameWidthPx() {
        return u16(frameAt + 5);
    }

    int frameHeightPx() {
        return u16(frameAt + 7);
    }

    boolean animated() {
        return animated;
    }

    /** 0xRRGGBB, the transparent entry on the background. */
    int[] palette() {
        return palette;
    }

    /**
     * A GIF of the one frame, with a palette of 256 entries whatever the frame has: the reader then gives bytes, and no
     * index is outside of it.
     */
    byte[] forCodec() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(dataTo - dataFrom + 1024);
        out.write(bytes, 0, 6);
        out.write(bytes, frameAt + 5, 4);
        out.writeBytes(new byte[] {0, 0, 0, IMAGE, 0, 0, 0, 0});
        out.write(bytes, frameAt + 5, 4);
        int interlaced = u8(frameAt + 9) & 0x40;
        out.write(WHOLE_PALETTE | interlaced);
        for (int i = 0; i < 256; i++) {
            out.writeBytes(new byte[] {(byte) i, (byte) i, (byte) i});
        }
        out.write(bytes, dataFrom, dataTo - dataFrom);
        out.write(TRAILER);
        return out.toByteArray();
    }

    private int header(DecodeLimits limits) {
        require(13);
        if (screenWidthPx() == 0 || screenHeightPx() == 0) {
            throw Refusal.damaged(GIF, "size " + screenWidthPx() + "x" + screenHeightPx());
        }
        limits.check(GIF, screenWidthPx(), screenHeightPx());
        return colours(13, u8(10));
    }

    /** Reads the palette at {@code at}, where the flags say that there is one; answers what comes behind it. */
    private int colours(int at, int flags) {
        if ((flags & 0x80) == 0) {
            return at;
        }
        int size = 2 << (flags & 7);
        require(at + 3 * size);
        palette = new int[size];
        for (int i = 0; i < size; i++) {
            int rgb = at + 3 * i;
            palette[i] = u8(rgb) << 16 | u8(rgb + 1) << 8 | u8(rgb + 2);
        }
        return at + 3 * size;
    }

    private void control(int at) {
        require(at + 7);
        boolean transparent = u8(at + 1) == GRAPHIC_CONTROL && u8(at + 2) == 4 && (u8(at + 3) & 1) == 1;
        if (transparent) {
            transparentIndex = u8(at + 6);
        }
    }

    private int frame(int at, DecodeLimits limits) {
        require(at + 10);
        frameAt = at;
        if (frameWidthPx() == 0 || frameHeightPx() == 0) {
            throw Refusal.damaged(GIF, "a frame of " + frameWidthPx() + "x" + frameHeightPx());
        }
        limits.check(GIF, frameX() + frameWidthPx(), frameY() + frameHeightPx());
        dataFrom = colours(at + 10, u8(at + 9));
        if (palette.length == 0) {
            throw Refusal.damaged(GIF, "it has no palette");
        }
        if (transparentIndex >= 0 && transparentIndex < palette.length) {
            palette[transparentIndex] = Background.behind(0, 0, 0, 0);
        }
        dataTo = afterBlocks(dataFrom + 1);
        return dataTo;
    }

    /** Steps over data blocks, each led by its length, to behind the empty one that ends them. */
    private int afterBlocks(int from) {
        int at = from;
        while (true) {
            require(at + 1);
            int length = u8(at);
            at += 1 + length;
            if (length == 0) {
                return at;
            }
        }
    }

    /** Whether there is a second frame; what is wrong behind the first does not matter. */
    private void lookFurther(int from) {
        int at = from;
        while (at + 2 < bytes.length && u8(at) == EXTENSION) {
            at += 2;
            while (at < bytes.length && u8(at) != 0) {
                at += 1 + u8(at);
            }
            at++;
        }
        animated = at < bytes.length && u8(at) == IMAGE;
    }

    private void require(int end) {
        if (end > bytes.length) {
            throw Refusal.truncated(GIF, "the file ends at byte " + bytes.length + " inside the first frame");
        }
    }

    private int u8(int at) {
        require(at + 1);
        return bytes[at] & 0xff;
    }

    private int u16(int at) {
        return u8(at) | u8(at + 1) << 8;
    }
}
