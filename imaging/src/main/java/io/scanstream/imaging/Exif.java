package io.scanstream.imaging;

import java.util.List;

/** The one thing that is wanted of EXIF: which way up the image is. */
final class Exif {
    private static final int ORIENTATION = 274;

    private Exif() {}

    /**
     * The orientation, 1 to 8. A block that cannot be read is ignored, as is a value that does not exist, and a warning
     * added: wrong metadata is no reason to lose a scan.
     */
    static int orientation(byte[] bytes, int from, int to, List<String> warnings) {
        try {
            long code = TiffDirectory.first(bytes, from, to).integer(ORIENTATION, Orientation.UPRIGHT);
            if (Orientation.isValid(code)) {
                return (int) code;
            }
            warnings.add("EXIF orientation " + code + " is not 1 to 8 and was ignored.");
        } catch (TiffDirectory.Malformed e) {
            warnings.add("Malformed EXIF was ignored: " + e.getMessage() + ".");
        }
        return Orientation.UPRIGHT;
    }
}
