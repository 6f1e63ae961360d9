package io.scanstream.imaging;

import static io.scanstream.imaging.ImageFormat.JPEG;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import io.scanstream.imaging.JpegStream.Transform;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import org.jspecify.annotations.Nullable;

/**
 * JPEG through libjpeg, as the JDK carries it: the same inverse DCT ("islow") and chroma upsampling ("fancy") as
 * libjpeg-turbo's defaults, which Pillow uses. libjpeg goes on after errors in the data, fills what is missing with grey
 * and says so in a warning; here such a warning is an error.
 */
final class JpegCodec implements Codec {
    /** A progressive scan is rendered whole by the JDK: this many times the pixel limit is what a file may cost. */
    private static final int MOST_PASSES_AT_LIMIT = 16;

    @Override
    public Decoded decode(byte[] bytes, DecodeLimits limits) throws IOException {
        JpegStream stream = JpegStream.read(bytes, 0, bytes.length, null, limits);
        List<String> warnings = new ArrayList<>(stream.warnings());
        int orientation = stream.exifFrom() < 0
                ? Orientation.UPRIGHT
                : Exif.orientation(bytes, stream.exifFrom(), stream.exifTo(), warnings);
        // Pillow takes every 4-component JPEG for Adobe's, which stores 255 for no ink.
        Pixels pixels = pixels(stream, stream.transform(), true, limits);
        return new Decoded(pixels, orientation, warnings);
    }

    /**
     * Decodes a stream.
     *
     * @param invertedInk of 4 components: 255 stands for no ink, and not 0
     */
    static Pixels pixels(JpegStream stream, Transform transform, boolean invertedInk, DecodeLimits limits)
            throws IOException {
        int width = stream.widthPx();
        int height = stream.heightPx();
        int components = stream.components();
        if (stream.progressive()
                && (long) width * height * stream.scans() > limits.maxPixels() * MOST_PASSES_AT_LIMIT) {
            throw Refusal.tooLarge(JPEG, stream.scans() + " progressive scans of " + width + "x" + height + " pixels");
        }
        limits.checkHeap(JPEG, width, height, components == 4 ? 7 : 2 * components);
        byte[] codecInput = stream.forCodec(transform);
        if (components == 4) {
            byte[] inks = read(codecInput, null, width, height);
            return new Pixels(width, height, 3, Cmyk.toRgb(inks, transform == Transform.YCCK, invertedInk));
        }
        byte[] pixels = new byte[width * height * components];
        read(codecInput, pixels, width, height);
        return new Pixels(width, height, components, pixels);
    }

    /** Reads grey or RGB into {@code target}, or, where it is null, the raw four components into a new array. */
    private static byte[] read(byte[] codecInput, byte @Nullable [] target, int width, int height) throws IOException {
        ImageReader reader = JdkReaders.JPEG.createReaderInstance();
        List<String> complaints = new ArrayList<>(1);
        try (ByteArrayImageInputStream input = new ByteArrayImageInputStream(codecInput)) {
            reader.addIIOReadWarningListener((source, warning) -> complaints.add(warning));
            reader.setInput(input, true, true);
            ImageReadParam param = reader.getDefaultReadParam();
            byte[] result;
            if (target == null) {
                result = ((DataBufferByte) reader.readRaster(0, param).getDataBuffer()).getData();
            } else {
                param.setDestination(Rasters.over(target, width, height, target.length / (width * height)));
                reader.read(0, param);
                result = target;
            }
            refuseOn(complaints);
            return result;
        } finally {
            reader.dispose();
        }
    }

    /**
     * The only harmless complaint is of surplus bytes before the end marker: at that point everything has been decoded.
     * libjpeg reports only its first complaint, so any other may stand for a later and worse one.
     */
    private static void refuseOn(List<String> complaints) {
        for (String complaint : complaints) {
            if (complaint.contains("premature end") || complaint.contains("Premature end")) {
                throw Refusal.truncated(JPEG, "image data is missing (" + complaint + ")");
            }
            if (!complaint.endsWith("extraneous bytes before marker 0xd9")) {
                throw Refusal.damaged(JPEG, "the image data is corrupt (" + complaint + ")");
            }
        }
    }
}
