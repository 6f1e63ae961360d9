package io.scanstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one JSON dialect of messages and stored objects: ISO-8601 instants, absent fields left out, unknown fields ignored
 * on reading (changes are additive). UTF-8.
 */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .addModule(new Jdk8Module())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS, SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .build();

    /** {@code [Source: REDACTED (`StreamReadFeature…` disabled); line: 1, column: 2]} */
    private static final Pattern SOURCE = Pattern.compile("\\[Source: [^;\\]]*; (line: \\d+, column: \\d+)]");

    /** The shared mapper; do not configure it further. */
    public static ObjectMapper mapper() {
        return MAPPER;
    }

    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not writable as JSON: " + value.getClass(), e);
        }
    }

    /** As {@link #bytes(Object)}, for generic types: a list's members keep their type names only so. */
    public static <T> byte[] bytes(T value, TypeReference<T> type) {
        try {
            return MAPPER.writerFor(type).writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not writable as JSON: " + type.getType(), e);
        }
    }

    public static String text(Object value) {
        return new String(bytes(value), StandardCharsets.UTF_8);
    }

    /** With line breaks and indents, for files that people read. */
    public static byte[] prettyBytes(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not writable as JSON: " + value.getClass(), e);
        }
    }

    /**
     * Reads a value.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the type and what is wrong with the text
     */
    public static <T> T read(byte[] json, Class<T> type) {
        try {
            return present(MAPPER.readValue(json, type), type.getSimpleName());
        } catch (IOException e) {
            throw invalid(type.getSimpleName(), e);
        }
    }

    /** As {@link #read(byte[], Class)}, for generic types. */
    public static <T> T read(byte[] json, TypeReference<T> type) {
        try {
            return present(MAPPER.readValue(json, type), type.getType().getTypeName());
        } catch (IOException e) {
            throw invalid(type.getType().getTypeName(), e);
        }
    }

    /** The text {@code null} is JSON, and nobody's value. */
    private static <T> T present(@Nullable T value, String type) {
        if (value == null) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "not a " + type + " in JSON: it is null");
        }
        return value;
    }

    private static ScanstreamException invalid(String type, IOException e) {
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, "not a " + type + " in JSON: " + reason(e), e);
    }

    /** What is wrong with a text, without what Jackson says of where the text came from. */
    public static String reason(IOException e) {
        return e instanceof JsonProcessingException json
                ? SOURCE.matcher(json.getOriginalMessage()).replaceAll("$1")
                : String.valueOf(e.getMessage());
    }

    private Json() {}
}
