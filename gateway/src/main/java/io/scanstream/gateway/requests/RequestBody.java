package io.scanstream.gateway.requests;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.gateway.problems.RequestRefused;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request as a stream that ends in {@code TOO_LARGE} (413) above a limit, however much the client said or
 * says. Reading blocks.
 */
public final class RequestBody extends FilterInputStream {
    private final long maxBytes;
    private final String what;
    private long count;
    private @Nullable RequestRefused failure;

    /**
     * Refuses at once what says that it is too large.
     *
     * @param declaredBytes as {@code Content-Length} has it; -1 if it is not said
     * @param what for the message, such as {@code scan}
     */
    public RequestBody(InputStream in, long declaredBytes, long maxBytes, String what) {
        super(in);
        this.maxBytes = maxBytes;
        this.what = what;
        if (declaredBytes > maxBytes) {
            throw tooLarge();
        }
    }

    /** Runs what reads this body; if that fails because of the body, says so and not what the reader made of it. */
    public <T> T whileReading(Supplier<T> reader) {
        try {
            return reader.get();
        } catch (RuntimeException e) {
            if (failure != null) {
                failure.addSuppressed(e);
                throw failure;
            }
            throw e;
        }
    }

    /** The next bytes, fewer only at the end. */
    public byte[] next(int most) {
        try {
            return in == null ? new byte[0] : readNBytes(most);
        } catch (IOException e) {
            throw failure == null ? brokeOff(e) : failure;
        }
    }

    /**
     * The whole body as a value; unknown fields are mistakes.
     *
     * @throws RequestRefused with the place of the first mistake
     */
    public <T> T json(Class<T> type) {
        byte[] json = next((int) Math.min(maxBytes + 1, Integer.MAX_VALUE - 8));
        if (json.length == 0) {
            throw RequestRefused.invalid("The body is empty; expected " + what + " as JSON.");
        }
        try {
            T value = Json.mapper()
                    .readerFor(type)
                    .with(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readValue(json);
            if (value == null) {
                throw RequestRefused.invalid("The body is null; expected " + what + " as JSON.");
            }
            return value;
        } catch (UnrecognizedPropertyException e) {
            throw new RequestRefused(List.of(new Problem(path(e), "unknown field. Known here: " + known(e) + ".")));
        } catch (MismatchedInputException e) {
            String expected = e.getTargetType() == null ? "what belongs here" : name(e.getTargetType());
            throw new RequestRefused(List.of(new Problem(path(e), "cannot be read as " + expected + ".")));
        } catch (JsonMappingException e) {
            throw new RequestRefused(List.of(new Problem(path(e), Json.reason(e))));
        } catch (JsonProcessingException e) {
            throw RequestRefused.invalid("The body is not JSON: " + Json.reason(e) + place(e.getLocation()) + ".");
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory", e);
        }
    }

    private static String place(@Nullable JsonLocation at) {
        return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    }

    private static String known(UnrecognizedPropertyException e) {
        return e.getKnownPropertyIds() == null
                ? ""
                : e.getKnownPropertyIds().stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
    }

    private static String name(Class<?> type) {
        if (type == Integer.class || type == int.class || type == Long.class || type == long.class) {
            return "a whole number";
        }
        if (type == Double.class || type == double.class) {
            return "a number";
        }
        if (type == String.class) {
            return "a text";
        }
        return Collection.class.isAssignableFrom(type) ? "a list" : "fields (an object)";
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            }
        }
        return path.isEmpty() ? "body" : path.toString();
    }

    @Override
    public int read() throws IOException {
        try {
            return counted(super.read(), 1);
        } catch (IOException e) {
            throw broken(e);
        }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read;
        try {
            read = super.read(buffer, offset, length);
        } catch (IOException e) {
            throw broken(e);
        }
        return counted(read, read);
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** The connection's owner closes it: closing here would first drain what the client still sends. */
    @Override
    public void close() {}

    private int counted(int read, int bytes) throws IOException {
        if (read >= 0) {
            count += bytes;
            if (count > maxBytes) {
                failure = tooLarge();
                throw new IOException(failure.getMessage());
            }
        }
        return read;
    }

    private IOException broken(IOException e) {
        failure = brokeOff(e);
        return e;
    }

    private RequestRefused tooLarge() {
        return new RequestRefused(
                413, ErrorCode.TOO_LARGE, what + ": larger than the limit of " + maxBytes + " bytes.");
    }

    private RequestRefused brokeOff(IOException e) {
        RequestRefused refused = RequestRefused.invalid(what + ": the body broke off after " + count + " bytes.");
        refused.addSuppressed(e);
        return refused;
    }
}
