package io.scanstream.imaging;

import java.util.Optional;

/**
 * What a file is by its first bytes, never by its name. The first five are decoded; the others are recognised so that the
 * refusal can name them.
 */
public enum ImageFormat {
    JPEG("JPEG", "image/jpeg", true),
    PNG("PNG", "image/png", true),
    TIFF("TIFF", "image/tiff", true),
    BMP("BMP", "image/bmp", true),
    GIF("GIF", "image/gif", true),
    WEBP("WebP", "image/webp", false),
    AVIF("AVIF", "image/avif", false),
    HEIC("HEIC", "image/heic", false),
    JPEG_2000("JPEG 2000", "image/jp2", false),
    JPEG_XL("JPEG XL", "image/jxl", false),
    DICOM("DICOM", "application/dicom", false),
    ICO("ICO", "image/vnd.microsoft.icon", false),
    PNM("PNM (PBM, PGM or PPM)", "image/x-portable-anymap", false),
    PSD("PSD", "image/vnd.adobe.photoshop", false);

    private final String label;
    private final String mediaType;
    private final boolean decodable;

    ImageFormat(String label, String mediaType, boolean decodable) {
        this.label = label;
        this.mediaType = mediaType;
        this.decodable = decodable;
    }

    /** The media type as registered with IANA, e.g. {@code image/png}. */
    public String mediaType() {
        return mediaType;
    }

    /** True for the formats that {@link ImageDecoder} decodes; the others are refused as unsupported. */
    public boolean decodable() {
        return decodable;
    }

    /** The name that people use, e.g. {@code JPEG 2000}. */
    String label() {
        return label;
    }

    /** The format that the bytes start with; empty where none is recognised. Never throws. */
    public static Optional<ImageFormat> sniff(byte[] bytes) {
        // DICOM first: its preamble is free to hold the signature of another format, and scanners do write TIFF's
        // there.
        if (isDicom(bytes)) {
            return Optional.of(DICOM);
        }
        if (starts(bytes, 0, "\u00ff\u00d8\u00ff")) {
            return Optional.of(JPEG);
        }
        if (starts(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
            return Optional.of(PNG);
        }
        if (starts(bytes, 0, "II*\0")
                || starts(bytes, 0, "MM\0*")
                || starts(bytes, 0, "II+\0")
                || starts(bytes, 0, "MM\0+")) {
            return Optional.of(TIFF);
        }
        if (starts(bytes, 0, "GIF87a") || starts(bytes, 0, "GIF89a")) {
            return Optional.of(GIF);
        }
        if (isBmp(bytes)) {
            return Optional.of(BMP);
        }
        return sniffRefused(bytes);
    }

    private static Optional<ImageFormat> sniffRefused(byte[] bytes) {
        if (starts(bytes, 0, "RIFF") && starts(bytes, 8, "WEBP")) {
            return Optional.of(WEBP);
        }
        if (starts(bytes, 4, "ftyp")) {
            if (starts(bytes, 8, "avif") || starts(bytes, 8, "avis")) {
                return Optional.of(AVIF);
            }
            if (starts(bytes, 8, "hei")
                    || starts(bytes, 8, "hev")
                    || starts(bytes, 8, "mif1")
                    || starts(bytes, 8, "msf1")) {
                return Optional.of(HEIC);
            }
        }
        if (starts(bytes, 0, "\0\0\0\u000cjP  \r\n") || starts(bytes, 0, "\u00ffO\u00ffQ")) {
            return Optional.of(JPEG_2000);
        }
        if (starts(bytes, 0, "\u00ff\n") || starts(bytes, 0, "\0\0\0\u000cJXL \r\n")) {
            return Optional.of(JPEG_XL);
        }
        if (starts(bytes, 0, "\0\0\u0001\0") || starts(bytes, 0, "\0\0\u0002\0")) {
            return Optional.of(ICO);
        }
        if (starts(bytes, 0, "8BPS")) {
            return Optional.of(PSD);
        }
        if (bytes.length > 2
                && bytes[0] == 'P'
                && bytes[1] >= '1'
                && bytes[1] <= '7'
                && Character.isWhitespace(bytes[2])) {
            return Optional.of(PNM);
        }
        return Optional.empty();
    }

    /** Two letters are little evidence: the size of the second header must be one that exists, 12 to 124 bytes. */
    private static boolean isBmp(byte[] bytes) {
        return starts(bytes, 0, "BM")
                && bytes.length >= 18
                && bytes[14] >= 12
                && bytes[14] <= 124
                && bytes[15] == 0
                && bytes[16] == 0
                && bytes[17] == 0;
    }

    /** PS3.10: "DICM" behind 128 free bytes; older writers start at once with an element of group 0008. */
    private static boolean isDicom(byte[] bytes) {
        if (starts(bytes, 128, "DICM")) {
            return true;
        }
        boolean group8 = bytes.length > 16 && bytes[0] == 8 && bytes[1] == 0 && bytes[2] >= 0 && bytes[3] == 0;
        boolean explicit = group8 && Character.isUpperCase(bytes[4]) && Character.isUpperCase(bytes[5]);
        boolean implicit = group8 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
        return explicit || implicit;
    }

    private static boolean starts(byte[] bytes, int from, String signature) {
        if (bytes.length < from + signature.length()) {
            return false;
        }
        for (int i = 0; i < signature.length(); i++) {
            if ((bytes[from + i] & 0xff) != signature.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
