package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.GIF;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadUpdateListener;

/** The first frame of a GIF, through the JDK's reader. Where the frame does not cover the screen, it is white. */
final class GifCodec implements Codec {
    @Override
    public Decoded decode(byte[] bytes, DecodeLimits limits) throws IOException {
        GifStream stream = GifStream.read(bytes, limits);
        // As browsers and Pillow do: a frame that leaves the declared screen makes it larger.
        int width = Math.max(stream.screenWidthPx(), stream.frameX() + stream.frameWidthPx());
        int height = Math.max(stream.screenHeightPx(), stream.frameY() + stream.frameHeightPx());
        limits.checkHeap(GIF, width, height, 1 + 3 + 3);
        List<String> warnings = new ArrayList<>();
        if (stream.animated()) {
            warnings.add("Animated GIF: only the first frame is used.");
        }
        Pixels frame = SampleConverter.of(new Palette(stream.palette())).convert(read(stream));
        return new Decoded(
                place(frame, stream.frameX(), stream.frameY(), width, height), Orientation.UPRIGHT, warnings);
    }

    private static Raster read(GifStream stream) throws IOException {
        ImageReader reader = JdkReaders.GIF.createReaderInstance();
        List<String> complaints = new ArrayList<>();
        RowCounter rows = new RowCounter();
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(stream.forCodec())) {
            reader.addIIOReadWarningListener((source, warning) -> complaints.add(warning));
            reader.addIIOReadUpdateListener(rows);
            reader.setInput(input, true, true);
            Raster raster = reader.read(0).getRaster();
            if (!complaints.isEmpty()) {
                throw Refusal.damaged(GIF, "the image data is corrupt (" + complaints.get(0) + ")");
            }
            if (rows.seen < stream.frameHeightPx()) {
                throw Refusal.truncated(
                        GIF, "the image data ends after " + rows.seen + " of " + stream.frameHeightPx() + " rows");
            }
            return raster;
        } finally {
            reader.dispose();
        }
    }

    private static Pixels place(Pixels frame, int x, int y, int width, int height) {
        if (frame.widthPx() == width && frame.heightPx() == height) {
            return frame;
        }
        int channels = frame.channels();
        byte[] screen = new byte[width * height * channels];
        Arrays.fill(screen, (byte) Background.VALUE);
        int rowBytes = frame.widthPx() * channels;
        for (int row = 0; row < frame.heightPx(); row++) {
            System.arraycopy(frame.data(), row * rowBytes, screen, ((y + row) * width + x) * channels, rowBytes);
        }
        return new Pixels(width, height, channels, screen);
    }

    /** The JDK's reader ends early without a word; but it reports every row that it has finished. */
    private static final class RowCounter implements IIOReadUpdateListener {
        private int seen;

        @Override
        public void imageUpdate(
                ImageReader source, BufferedImage image, int x, int y, int w, int h, int px, int py, int[] bands) {
            seen++;
        }

        @Override
        public void passStarted(
                ImageReader source,
                BufferedImage image,
                int pass,
                int first,
                int last,
                int x,
                int y,
                int px,
                int py,
                int[] bands) {}

        @Override
        public void passComplete(ImageReader source, BufferedImage image) {}

        @Override
        public void thumbnailPassStarted(
                ImageReader source,
                BufferedImage image,
                int pass,
                int first,
                int last,
                int x,
                int y,
                int px,
                int py,
                int[] bands) {}

        @Override
        public void thumbnailUpdate(
                ImageReader source, BufferedImage image, int x, int y, int w, int h, int px, int py, int[] bands) {}

        @Override
        public void thumbnailPassComplete(ImageReader source, BufferedImage image) {}
    }
}
