package io.scanstream.inference.http.v2;

import static io.scanstream.inference.http.v2.Refusals.invalid;
import static io.scanstream.inference.http.v2.Refusals.shown;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The outputs that a request asks for, and the answer that gives them: FP32, in JSON or behind it. */
public final class InferAnswer {
    /** What a number in JSON may come to, with the copies that are made while it is written. */
    private static final int JSON_BYTES = 32;

    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;

    /**
     * An output that is asked for.
     *
     * @param shape of one scan's values
     */
    private record Asked(String name, List<Long> shape, boolean binary) {
        static Asked of(String name, long[] shape, boolean binary) {
            return new Asked(name, Arrays.stream(shape).skip(1).boxed().toList(), binary);
        }

        long valuesEach() {
            return shape.stream().reduce(1L, Math::multiplyExact);
        }
    }

    private final @Nullable String id;
    private final ModelVersion version;
    private final @Nullable String arm;
    private final List<Asked> outputs;

    private InferAnswer(@Nullable String id, ModelVersion version, @Nullable String arm, List<Asked> outputs) {
        this.id = id;
        this.version = version;
        this.arm = arm;
        this.outputs = outputs;
    }

    /**
     * An answer to a request.
     *
     * @param arm the alias that the model's traffic chose, which the answer's parameters name; absent: it chose none
     * @param shapes the model's outputs in order, with their shapes; the first dimension is the batch
     * @throws ScanstreamException {@code INVALID_REQUEST} for an output that the model does not have, or twice
     */
    public static InferAnswer to(
            InferRequest request, ModelVersion version, @Nullable String arm, Map<String, long[]> shapes) {
        List<Asked> asked = new ArrayList<>();
        if (request.outputs().isEmpty()) {
            shapes.forEach((name, shape) -> asked.add(Asked.of(name, shape, request.binaryOutputs())));
        }
        Set<String> names = new HashSet<>();
        for (InferRequest.Output output : request.outputs()) {
            long[] shape = shapes.get(output.name());
            if (shape == null) {
                throw invalid("output " + shown(output.name()) + " is unknown. The model has "
                        + String.join(", ", shapes.keySet()) + ".");
            }
            if (!names.add(output.name())) {
                throw invalid("output " + output.name() + " is asked for twice.");
            }
            boolean binary = output.binary() == null ? request.binaryOutputs() : output.binary();
            asked.add(Asked.of(output.name(), shape, binary));
        }
        return new InferAnswer(request.id(), version, arm, asked);
    }

    /** The names of the outputs that are asked for. */
    public Set<String> names() {
        return outputs.stream().map(Asked::name).collect(Collectors.toUnmodifiableSet());
    }

    /** Most bytes that the values and the answer take for so many scans. */
    public long bytes(int scans) {
        long each = 0;
        for (Asked output : outputs) {
            each += output.valuesEach() * (Float.BYTES + (output.binary() ? Float.BYTES : JSON_BYTES));
        }
        return Math.multiplyExact(each, (long) scans);
    }

    /**
     * An answer's bytes.
     *
     * @param jsonBytes how many of them are JSON; absent: all, and the answer has nothing binary
     */
    @SuppressWarnings("ArrayRecordComponent") // on its way to the client; answers are not compared
    public record Body(byte[] bytes, @Nullable Integer jsonBytes) {}

    /**
     * Writes the answer.
     *
     * @param scans for each scan, each output's values
     * @throws ScanstreamException {@code INTERNAL} if a value that must be given in JSON is not a number, {@code TOO_LARGE} if
     *     the answer does not fit an array
     */
    public Body write(List<Map<String, float[]>> scans) {
        byte[] json = json(scans);
        long total = json.length;
        for (Asked output : outputs) {
            total += output.binary() ? binaryBytes(output, scans.size()) : 0;
        }
        if (outputs.stream().noneMatch(Asked::binary)) {
            return new Body(json, null);
        }
        if (total > MOST_BYTES) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE, "the answer has " + total + " bytes. Send fewer scans at a time.");
        }
        ByteBuffer body =
                ByteBuffer.allocate((int) total).order(ByteOrder.LITTLE_ENDIAN).put(json);
        for (Asked output : outputs) {
            if (output.binary()) {
                for (Map<String, float[]> scan : scans) {
                    float[] values = values(scan, output);
                    body.asFloatBuffer().put(values);
                    body.position(body.position() + values.length * Float.BYTES);
                }
            }
        }
        return new Body(body.array(), json.length);
    }

    private static long binaryBytes(Asked output, int scans) {
        return output.valuesEach() * Float.BYTES * scans;
    }

    private float[] values(Map<String, float[]> scan, Asked output) {
        float[] values = scan.get(output.name());
        if (values == null || values.length != output.valuesEach()) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "model " + version + ": output " + output.name() + " has "
                            + (values == null ? "no" : values.length) + " values for a scan; its shape says "
                            + output.valuesEach() + ".");
        }
        return values;
    }

    private byte[] json(List<Map<String, float[]>> scans) {
        try (ByteArrayBuilder bytes = new ByteArrayBuilder();
                JsonGenerator json = RequestReader.JSON.createGenerator(bytes)) {
            json.enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER.mappedFeature());
            json.writeStartObject();
            json.writeStringField("model_name", version.name());
            json.writeStringField("model_version", version.version());
            if (id != null) {
                json.writeStringField("id", id);
            }
            if (arm != null) {
                json.writeObjectFieldStart("parameters");
                json.writeStringField("arm", arm);
                json.writeEndObject();
            }
            json.writeArrayFieldStart("outputs");
            for (Asked output : outputs) {
                write(json, output, scans);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.flush();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
    }

    private void write(JsonGenerator json, Asked output, List<Map<String, float[]>> scans) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", output.name());
        json.writeStringField("datatype", "FP32");
        json.writeArrayFieldStart("shape");
        json.writeNumber(scans.size());
        for (long side : output.shape()) {
            json.writeNumber(side);
        }
        json.writeEndArray();
        if (output.binary()) {
            json.writeObjectFieldStart("parameters");
            json.writeNumberField("binary_data_size", binaryBytes(output, scans.size()));
            json.writeEndObject();
        } else {
            json.writeArrayFieldStart("data");
            for (Map<String, float[]> scan : scans) {
                for (float value : values(scan, output)) {
                    json.writeNumber(finite(value, output));
                }
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private float finite(float value, Asked output) {
        if (!Float.isFinite(value)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL,
                    "model " + version + " gave " + value + " in output " + output.name()
                            + ", which JSON cannot say. Ask for it with binary_data.");
        }
        return value;
    }
}
