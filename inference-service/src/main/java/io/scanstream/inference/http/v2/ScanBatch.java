package io.scanstream.inference.http.v2;

import static io.scanstream.inference.http.v2.Refusals.invalid;
import static io.scanstream.inference.http.v2.Refusals.shown;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import java.util.List;

/**
 * The scans of a request: its one input, checked against the model. That is either {@code scan}, UINT8 {@code [batch,
 * height, width, channels]} as the model takes it, or {@code image}, BYTES {@code [batch]}: encoded image files, which are
 * decoded and resized as for any other way in.
 */
public final class ScanBatch {
    /** Encoded images in the place of the model's own input. */
    public static final String IMAGE = "image";

    private static final int BASE64_CHARS = 4;
    private static final int BASE64_BYTES = 3;

    private final InferRequest.Input input;
    private final Preprocessing size;
    private final int jsonBytes;
    private final int bodyBytes;
    private final int count;

    private ScanBatch(InferRequest.Input input, Preprocessing size, int jsonBytes, int bodyBytes, int count) {
        this.input = input;
        this.size = size;
        this.jsonBytes = jsonBytes;
        this.bodyBytes = bodyBytes;
        this.count = count;
    }

    /**
     * Checks the input's name, type, shape and place. Nothing is read of its data.
     *
     * @param size the model's input
     * @param jsonBytes where the body's JSON ends
     * @param mostScans in one request
     * @throws ScanstreamException {@code INVALID_REQUEST} saying what the model takes, {@code TOO_LARGE} for too many scans
     */
    public static ScanBatch of(InferRequest request, Preprocessing size, int jsonBytes, int bodyBytes, int mostScans) {
        if (request.inputs().size() != 1) {
            throw invalid("inputs: " + request.inputs().size() + " of them; expected was one, either "
                    + OnnxMetadata.INPUT_SCAN + " or " + IMAGE + ".");
        }
        InferRequest.Input input = request.inputs().get(0);
        boolean encoded = input.name().equals(IMAGE);
        if (!encoded && !input.name().equals(OnnxMetadata.INPUT_SCAN)) {
            throw invalid("input " + shown(input.name()) + " is unknown. The model takes " + OnnxMetadata.INPUT_SCAN
                    + ", or encoded images as " + IMAGE + ".");
        }
        String datatype = encoded ? "BYTES" : "UINT8";
        if (!input.datatype().equals(datatype)) {
            throw invalid(
                    "input " + input.name() + ": datatype " + shown(input.datatype()) + " is not " + datatype + ".");
        }
        int count = count(input, encoded ? List.of() : dimensions(size), mostScans);
        requireData(input, bodyBytes - jsonBytes);
        return new ScanBatch(input, size, jsonBytes, bodyBytes, count);
    }

    private static List<Long> dimensions(Preprocessing size) {
        return List.of((long) size.heightPx(), (long) size.widthPx(), (long) size.channels());
    }

    private static int count(InferRequest.Input input, List<Long> each, int mostScans) {
        List<Long> shape = input.shape();
        if (shape.isEmpty()
                || shape.get(0) < 1
                || !shape.subList(1, shape.size()).equals(each)) {
            String expected =
                    each.isEmpty() ? "[batch]" : "[batch, " + each.toString().substring(1);
            throw invalid("input " + input.name() + ": shape " + shape + " is not " + expected
                    + " with a batch of 1 or more.");
        }
        if (shape.get(0) > mostScans) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    "input " + input.name() + ": a batch of " + shape.get(0) + "; at most " + mostScans
                            + " scans are taken in one request.");
        }
        return shape.get(0).intValue();
    }

    private static void requireData(InferRequest.Input input, int behind) {
        Long binary = input.binaryBytes();
        if (binary == null && input.data() < 0) {
            throw invalid("input " + input.name() + ": neither data nor binary_data_size.");
        }
        if (binary != null && input.data() >= 0) {
            throw invalid("input " + input.name() + ": both data and binary_data_size.");
        }
        if ((binary == null ? 0 : binary) != behind) {
            throw invalid("input " + input.name() + ": binary_data_size is " + (binary == null ? 0 : binary) + ", but "
                    + behind + " bytes came behind the JSON. Inference-Header-Content-Length says where it ends.");
        }
    }

    /** How many scans. */
    public int count() {
        return count;
    }

    /** Whether they are encoded images, and not yet what the model takes. */
    public boolean encoded() {
        return input.name().equals(IMAGE);
    }

    /** Most bytes that {@link #read} makes. */
    public long bytes() {
        if (!encoded()) {
            return (long) count * size.sizeBytes();
        }
        return input.data() < 0
                ? bodyBytes - jsonBytes
                : (long) (jsonBytes - input.data()) / BASE64_CHARS * BASE64_BYTES;
    }

    /**
     * The scans, in order, each a new array.
     *
     * @param mostBytes of one encoded image
     * @throws ScanstreamException {@code INVALID_REQUEST} where the data is not as its shape says, {@code TOO_LARGE} above the
     *     limit
     */
    public List<byte[]> read(byte[] body, long mostBytes) {
        TensorReader reader = new TensorReader("input " + input.name(), body);
        if (input.data() < 0) {
            return encoded()
                    ? reader.elements(jsonBytes, count, mostBytes)
                    : reader.rows(jsonBytes, count, size.sizeBytes());
        }
        return encoded()
                ? reader.jsonElements(input.data(), jsonBytes, count, mostBytes)
                : reader.jsonRows(input.data(), jsonBytes, count, size.heightPx(), size.widthPx(), size.channels());
    }
}
