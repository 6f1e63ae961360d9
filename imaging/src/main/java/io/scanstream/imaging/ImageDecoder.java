package io.scanstream.imaging;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bytes to an upright 8 bit image, by content. JPEG (grey, colour, CMYK, YCCK), PNG, TIFF, BMP and the first frame of a
 * GIF are decoded; other formats are refused by name. Colour profiles are ignored, transparency is composited on white,
 * EXIF orientation (JPEG, PNG) and TIFF orientation are applied, XMP is not looked at.
 *
 * <p>Thread-safe and without state. Size is checked on the header before pixels are allocated.
 */
public final class ImageDecoder {
    private static final int SHOWN_BYTES = 8;

    private final DecodeLimits limits;
    private final Map<ImageFormat, Codec> codecs = new EnumMap<>(ImageFormat.class);

    /**
     * @throws ScanstreamException {@link ErrorCode#INTERNAL} where this Java runtime has no imaging libraries
     */
    public ImageDecoder(DecodeLimits limits) {
        JdkReaders.load();
        this.limits = limits;
        codecs.put(ImageFormat.JPEG, new JpegCodec());
        codecs.put(ImageFormat.PNG, new PngCodec());
        codecs.put(ImageFormat.TIFF, new TiffCodec());
        codecs.put(ImageFormat.BMP, new BmpCodec());
        codecs.put(ImageFormat.GIF, new GifCodec());
    }

    /**
     * Decodes the image in {@code bytes}.
     *
     * @throws ScanstreamException {@link ErrorCode#NOT_AN_IMAGE} for bytes that are none, or are cut short or corrupt;
     *     {@link ErrorCode#UNSUPPORTED_IMAGE} for formats and kinds that are not decoded; {@link ErrorCode#TOO_LARGE} for
     *     what is over a limit. Nothing else is thrown, whatever the bytes.
     */
    public Image decode(byte[] bytes) {
        if (bytes.length == 0) {
            throw new ScanstreamException(
                    ErrorCode.NOT_AN_IMAGE, "An image was expected, 0 bytes came. Check that the file was written.");
        }
        if (bytes.length > limits.maxBytes()) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    "The file has " + bytes.length + " bytes, " + limits.maxBytes()
                            + " are allowed. Scale it down, or raise the limit.");
        }
        ImageFormat format = ImageFormat.sniff(bytes)
                .orElseThrow(() -> new ScanstreamException(
                        ErrorCode.NOT_AN_IMAGE,
                        "JPEG, PNG, TIFF, BMP or GIF was expected, the file starts with " + start(bytes)
                                + ", which is none of them."));
        Codec codec = codecs.get(format);
        if (codec == null) {
            throw new ScanstreamException(
                    ErrorCode.UNSUPPORTED_IMAGE,
                    format.label() + " is not supported. Convert it to JPEG, PNG, TIFF, BMP or GIF.");
        }
        Decoded decoded = decode(codec, format, bytes);
        List<String> warnings = new ArrayList<>(decoded.warnings());
        Pixels upright = Orientation.upright(decoded.pixels(), decoded.orientation());
        if (upright.widthPx() == 1 || upright.heightPx() == 1) {
            warnings.add("The image is only " + upright.widthPx() + "x" + upright.heightPx() + " pixels.");
        }
        return new Image(upright, format, warnings);
    }

    /**
     * Codecs meet bytes that nobody foresaw: what they throw then is a statement about the file. Errors of memory and
     * stack are caught as well, as the last net under the checks of size; at this point nothing of theirs is kept.
     */
    private Decoded decode(Codec codec, ImageFormat format, byte[] bytes) {
        try {
            return codec.decode(bytes, limits);
        } catch (ScanstreamException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw Refusal.damaged(format, "it cannot be decoded (" + rootMessage(e) + ")", e);
        } catch (OutOfMemoryError e) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    format.label() + " too large: this process had no memory left to decode it. Scale it down.",
                    e);
        } catch (StackOverflowError e) {
            throw Refusal.damaged(format, "its structure is nested without end", e);
        }
    }

    private static String rootMessage(Throwable thrown) {
        Throwable root = thrown;
        for (int depth = 0; depth < 10 && root.getCause() != null; depth++) {
            root = root.getCause();
        }
        @Nullable String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }

    private static String start(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < Math.min(SHOWN_BYTES, bytes.length); i++) {
            hex.append(i == 0 ? "" : " ").append(String.format("%02X", bytes[i]));
        }
        return hex.toString();
    }
}
