package io.scanstream.inference.http.v2;

import static io.scanstream.inference.http.v2.Refusals.invalid;
import static io.scanstream.inference.http.v2.Refusals.shown;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON part of an inference request without making objects of its tensors: where one begins is noted, and {@link
 * TensorReader} reads it once its shape is known to be right. Fields that are not known are left out, as the protocol wants.
 */
public final class RequestReader {
    /** A request's own structure has six levels, and a tensor within it four more; what lies deeper is an attack. */
    private static final int MOST_LEVELS = 32;

    /** Names and ids: what is longer is none. A tensor's strings are not read as text. */
    private static final int MOST_CHARS = 1 << 16;

    private static final int MOST_DIMENSIONS = 8;
    private static final int MOST_TENSORS = 64;

    static final JsonFactory JSON = new JsonFactoryBuilder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MOST_LEVELS)
                    .maxStringLength(MOST_CHARS)
                    .maxNameLength(MOST_CHARS)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
            .build();

    private final JsonParser json;

    private RequestReader(JsonParser json) {
        this.json = json;
    }

    /**
     * Reads a request.
     *
     * @param jsonBytes how many bytes of the body are JSON
     * @throws ScanstreamException {@code INVALID_REQUEST} saying what was expected where
     */
    public static InferRequest read(byte[] body, int jsonBytes) {
        try (JsonParser json = JSON.createParser(body, 0, jsonBytes)) {
            RequestReader reader = new RequestReader(json);
            json.nextToken();
            InferRequest request = reader.request();
            if (json.nextToken() != null) {
                throw invalid("the request goes on after its JSON object.");
            }
            return request;
        } catch (JsonProcessingException e) {
            throw invalid("the request is not JSON as expected: " + Json.reason(e), e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private InferRequest request() throws IOException {
        expect(JsonToken.START_OBJECT, "the request", "an object");
        String id = null;
        boolean binary = false;
        List<InferRequest.Input> inputs = new ArrayList<>();
        List<InferRequest.Output> outputs = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            switch (field()) {
                case "id" -> id = text("id");
                case "parameters" ->
                    binary = Boolean.TRUE.equals(parameters("parameters").allBinary());
                case "inputs" -> list("inputs", inputs, this::input);
                case "outputs" -> list("outputs", outputs, this::output);
                default -> json.skipChildren();
            }
        }
        if (inputs.isEmpty()) {
            throw invalid("inputs: missing. A request has at least one input.");
        }
        return new InferRequest(id, binary, inputs, outputs);
    }

    private interface Reading<T> {
        T read(String path) throws IOException;
    }

    private <T> void list(String path, List<T> into, Reading<T> reading) throws IOException {
        into.clear();
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        expect(JsonToken.START_ARRAY, path, "a list");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (into.size() == MOST_TENSORS) {
                throw invalid(path + ": more than " + MOST_TENSORS + ".");
            }
            into.add(reading.read(path + "[" + into.size() + "]"));
        }
    }

    private InferRequest.Input input(String path) throws IOException {
        expect(JsonToken.START_OBJECT, path, "an object");
        String name = null;
        String datatype = null;
        List<Long> shape = null;
        int data = -1;
        Long binaryBytes = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            switch (field()) {
                case "name" -> name = text(path + ".name");
                case "datatype" -> datatype = text(path + ".datatype");
                case "shape" -> shape = shape(path + ".shape");
                case "parameters" ->
                    binaryBytes = parameters(path + ".parameters").binaryBytes();
                case "data" -> data = skippedData(path + ".data");
                default -> json.skipChildren();
            }
        }
        return new InferRequest.Input(
                required(path + ".name", name),
                required(path + ".datatype", datatype),
                required(path + ".shape", shape),
                data,
                binaryBytes);
    }

    private InferRequest.Output output(String path) throws IOException {
        expect(JsonToken.START_OBJECT, path, "an object");
        String name = null;
        Boolean binary = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            switch (field()) {
                case "name" -> name = text(path + ".name");
                case "parameters" -> binary = parameters(path + ".parameters").binary();
                default -> json.skipChildren();
            }
        }
        return new InferRequest.Output(required(path + ".name", name), binary);
    }

    private int skippedData(String path) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return -1;
        }
        expect(JsonToken.START_ARRAY, path, "an array");
        long at = json.currentTokenLocation().getByteOffset();
        if (at < 0) {
            throw invalid("the request is not in UTF-8.");
        }
        json.skipChildren();
        return Math.toIntExact(at);
    }

    private List<Long> shape(String path) throws IOException {
        expect(JsonToken.START_ARRAY, path, "a list of whole numbers");
        List<Long> shape = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.VALUE_NUMBER_INT, path, "a list of whole numbers");
            if (shape.size() == MOST_DIMENSIONS) {
                throw invalid(path + ": more than " + MOST_DIMENSIONS + " dimensions.");
            }
            shape.add(json.getLongValue());
        }
        return shape;
    }

    /** Those of the binary tensor data extension; each is absent where it is not given. */
    private record Parameters(
            @Nullable Long binaryBytes,
            @Nullable Boolean binary,
            @Nullable Boolean allBinary) {}

    private Parameters parameters(String path) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return new Parameters(null, null, null);
        }
        expect(JsonToken.START_OBJECT, path, "an object");
        Long binaryBytes = null;
        Boolean binary = null;
        Boolean allBinary = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = field();
            switch (name) {
                case "binary_data_size" -> {
                    expect(JsonToken.VALUE_NUMBER_INT, path + "." + name, "a whole number");
                    binaryBytes = json.getLongValue();
                }
                case "binary_data" -> binary = flag(path + "." + name);
                case "binary_data_output" -> allBinary = flag(path + "." + name);
                default -> json.skipChildren();
            }
        }
        return new Parameters(binaryBytes, binary, allBinary);
    }

    /** The name at hand; goes on to its value. */
    private String field() throws IOException {
        String name = json.currentName();
        json.nextToken();
        return name;
    }

    private @Nullable String text(String path) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        expect(JsonToken.VALUE_STRING, path, "a text");
        return json.getText();
    }

    private boolean flag(String path) throws IOException {
        if (!json.currentToken().isBoolean()) {
            throw invalid(path + ": expected was true or false, not " + token() + ".");
        }
        return json.getBooleanValue();
    }

    private void expect(JsonToken expected, String path, String what) throws IOException {
        if (json.currentToken() != expected) {
            throw invalid(path + ": expected was " + what + ", not " + token() + ".");
        }
    }

    private String token() throws IOException {
        JsonToken token = json.currentToken();
        if (token == null) {
            return "nothing";
        }
        return token.isStructStart() || token.isStructEnd() ? token.asString() : shown(json.getText());
    }

    private static <T> T required(String path, @Nullable T value) {
        if (value == null) {
            throw invalid(path + ": missing.");
        }
        return value;
    }
}
