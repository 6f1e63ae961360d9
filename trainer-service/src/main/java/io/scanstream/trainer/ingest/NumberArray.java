package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * An array of whole numbers out of a file: IDX (LeCun's MNIST page; gzip or plain), npy or npz (NumPy's format 1 to 3). Headers
 * are held against the file's size before anything is allocated; objects, which would need pickle, are refused.
 *
 * @param path of the file in the upload
 * @param name of the array: that in the npz, else the file's
 * @param shape outermost first
 * @param data the elements, row-major, little-endian
 * @param elementBytes 1, 2, 4 or 8
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record NumberArray(String path, String name, int[] shape, byte[] data, int elementBytes, boolean signed) {
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d\\s,]*)\\)");
    private static final Pattern TYPE = Pattern.compile("[|<>=]([iub])([1248])");
    private static final byte[] NUMPY = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int UNSIGNED_BYTE = 0x08;
    private static final int MOST_HEAD_BYTES = 4096;

    /** Whether a file's name and first bytes are those of arrays; says nothing of what follows. */
    static boolean isArrayFile(String path, byte[] bytes) {
        String name = path.toLowerCase(Locale.ROOT);
        boolean gzip = starts(bytes, 0x1f, 0x8b);
        return (gzip && (name.contains("idx") || name.contains("ubyte")))
                || isIdx(bytes)
                || starts(bytes, NUMPY[0] & 0xff, 'N', 'U', 'M', 'P', 'Y')
                || (name.endsWith(".npz") && starts(bytes, 'P', 'K'));
    }

    /** Two zeros, a type, a number of dimensions: no image format begins so. */
    private static boolean isIdx(byte[] bytes) {
        return bytes.length >= 8
                && bytes[0] == 0
                && bytes[1] == 0
                && bytes[2] >= UNSIGNED_BYTE
                && bytes[2] <= 0x0e
                && bytes[3] >= 1
                && bytes[3] <= 4
                && bytes.length >= 4 + 4 * bytes[3];
    }

    /**
     * Reads every array of a file.
     *
     * @param room bytes that its arrays may take
     * @throws ScanstreamException {@code INVALID_DATASET} saying what is wrong; {@code TOO_LARGE} if it unpacks to more than
     *     there is room for
     */
    static List<NumberArray> read(String path, byte[] bytes, long room) {
        // Heads are not counted.
        long most = Math.min(Integer.MAX_VALUE - 8, room + MOST_HEAD_BYTES);
        try {
            if (starts(bytes, 'P', 'K')) {
                return npz(path, bytes, most, room);
            }
            byte[] plain = bytes;
            if (bytes.length > most) {
                throw tooLarge(path, room);
            }
            if (starts(bytes, 0x1f, 0x8b)) {
                try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
                    plain = bounded(path, in, most, room);
                }
            }
            String name = path.substring(path.lastIndexOf('/') + 1);
            return List.of(starts(plain, 0, 0) ? idx(path, name, plain) : npy(path, name, plain));
        } catch (IOException e) {
            throw invalid(path, "it is damaged (" + e.getMessage() + ")");
        }
    }

    private static List<NumberArray> npz(String path, byte[] bytes, long most, long room) throws IOException {
        List<NumberArray> arrays = new ArrayList<>();
        long left = most;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String name = entry.getName();
                if (name.endsWith(".npy")) {
                    byte[] npy = bounded(path, zip, left, room);
                    left -= npy.length;
                    arrays.add(npy(path, name.substring(0, name.length() - 4), npy));
                }
            }
        }
        if (arrays.isEmpty()) {
            throw invalid(path, "it holds no array");
        }
        return arrays;
    }

    private static byte[] bounded(String path, InputStream in, long most, long room) throws IOException {
        byte[] read = in.readNBytes((int) most);
        if (in.read() >= 0) {
            throw tooLarge(path, room);
        }
        return read;
    }

    private static ScanstreamException tooLarge(String path, long room) {
        return new ScanstreamException(
                ErrorCode.TOO_LARGE,
                path + ": it unpacks to more than the " + (room >> 20)
                        + " MiB that are left for it: all arrays of an upload"
                        + " may take a third of this process's heap. Raise -Xmx, or unpack the images as files.");
    }

    private static NumberArray idx(String path, String name, byte[] bytes) {
        if (!isIdx(bytes)) {
            throw invalid(path, "it is no IDX file: " + bytes.length + " bytes with another head");
        }
        if (bytes[2] != UNSIGNED_BYTE) {
            throw invalid(path, "its numbers are of the IDX type " + bytes[2] + "; expected 8, unsigned bytes");
        }
        int[] shape = new int[bytes[3]];
        ByteBuffer head = ByteBuffer.wrap(bytes, 4, 4 * shape.length);
        for (int i = 0; i < shape.length; i++) {
            shape[i] = head.getInt();
        }
        int from = 4 + 4 * shape.length;
        requireSize(path, shape, 1, bytes.length - from);
        return new NumberArray(path, name, shape, Arrays.copyOfRange(bytes, from, bytes.length), 1, false);
    }

    private static NumberArray npy(String path, String name, byte[] bytes) {
        String where = path + (path.endsWith(name) ? "" : ", " + name);
        if (bytes.length < 12 || !Arrays.equals(Arrays.copyOf(bytes, NUMPY.length), NUMPY)) {
            throw invalid(where, "it is no NumPy array");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        boolean short16 = bytes[6] == 1;
        long length = short16 ? buffer.getShort(8) & 0xffff : buffer.getInt(8) & 0xffffffffL;
        int from = short16 ? 10 : 12;
        if (bytes[6] < 1 || bytes[6] > 3 || length > bytes.length - from) {
            throw invalid(where, "its NumPy header is of version " + bytes[6] + " with " + length + " bytes");
        }
        String header = new String(bytes, from, (int) length, StandardCharsets.ISO_8859_1);
        Matcher type = TYPE.matcher(field(where, DESCR, header));
        if (!type.matches()) {
            throw invalid(
                    where,
                    "its elements are '" + field(where, DESCR, header)
                            + "'; expected whole numbers (uint8 pixels, integer labels)");
        }
        int elementBytes = Integer.parseInt(type.group(2));
        if (field(where, FORTRAN, header).equals("True")) {
            throw invalid(where, "it is in Fortran order; save numpy.ascontiguousarray(…)");
        }
        if (elementBytes > 1 && field(where, DESCR, header).startsWith(">")) {
            throw invalid(where, "its numbers are big-endian; save them as '<i" + elementBytes + "'");
        }
        int[] shape = shape(where, field(where, SHAPE, header));
        int begin = from + (int) length;
        requireSize(where, shape, elementBytes, bytes.length - begin);
        return new NumberArray(
                path,
                name,
                shape,
                Arrays.copyOfRange(bytes, begin, bytes.length),
                elementBytes,
                type.group(1).equals("i"));
    }

    private static String field(String where, Pattern pattern, String header) {
        Matcher found = pattern.matcher(header);
        if (!found.find()) {
            throw invalid(where, "its NumPy header has no field like " + pattern.pattern());
        }
        return found.group(1);
    }

    private static int[] shape(String where, String text) {
        List<Integer> sizes = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            if (!part.isBlank()) {
                if (part.strip().length() > 9) {
                    throw invalid(where, "its shape is (" + text + ")");
                }
                sizes.add(Integer.valueOf(part.strip()));
            }
        }
        return sizes.stream().mapToInt(Integer::intValue).toArray();
    }

    private static void requireSize(String where, int[] shape, int elementBytes, long bytes) {
        long needed = elementBytes;
        for (int size : shape) {
            needed = size < 0 || needed > Integer.MAX_VALUE ? -1 : needed * size;
        }
        if (shape.length == 0 || needed != bytes) {
            throw invalid(
                    where,
                    "its shape " + Arrays.toString(shape) + " with " + elementBytes
                            + " bytes an element is not what follows, " + bytes + " bytes");
        }
    }

    /** Images {@code [N, H, W]}, {@code [N, H, W, 1]} or {@code [N, H, W, 3]} of single bytes. */
    boolean areImages() {
        boolean grey = shape.length == 3;
        boolean channels = shape.length == 4 && (shape[3] == 1 || shape[3] == 3);
        return elementBytes == 1 && (grey || channels) && shape[1] > 0 && shape[2] > 0;
    }

    /** Labels {@code [N]} or {@code [N, 1]}. */
    boolean areLabels() {
        return shape.length == 1 || (shape.length == 2 && shape[1] == 1);
    }

    int count() {
        return shape[0];
    }

    int channels() {
        return shape.length == 4 ? shape[3] : 1;
    }

    /** uint8 {@code [H, W, channels]} of one image. */
    byte[] image(int index) {
        int size = data.length / count();
        return Arrays.copyOfRange(data, index * size, (index + 1) * size);
    }

    /** One label, as its number says. */
    String label(int index) {
        ByteBuffer numbers = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        int at = index * elementBytes;
        long number =
                switch (elementBytes) {
                    case 1 -> signed ? numbers.get(at) : numbers.get(at) & 0xff;
                    case 2 -> signed ? numbers.getShort(at) : numbers.getShort(at) & 0xffff;
                    case 4 -> signed ? numbers.getInt(at) : numbers.getInt(at) & 0xffffffffL;
                    default -> numbers.getLong(at);
                };
        return Long.toString(number);
    }

    private static boolean starts(byte[] bytes, int... signature) {
        for (int i = 0; i < signature.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xff) != signature[i]) {
                return false;
            }
        }
        return true;
    }

    private static ScanstreamException invalid(String where, String what) {
        return new ScanstreamException(ErrorCode.INVALID_DATASET, where + ": " + what + ".");
    }
}
