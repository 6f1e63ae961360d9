package io.scanstream.inference.http.v2;

import static io.scanstream.inference.http.v2.Refusals.invalid;
import static io.scanstream.inference.http.v2.Refusals.shown;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a tensor out of a request's body, row by row. Its shape is checked by then: nothing is allocated that the client
 * only speaks of.
 */
final class TensorReader {
    private final String path;
    private final byte[] body;

    /**
     * A reader of one tensor.
     *
     * @param path of the tensor, for messages
     */
    TensorReader(String path, byte[] body) {
        this.path = path;
        this.body = body;
    }

    /** UINT8 behind the JSON: {@code rows} times {@code rowBytes} bytes from {@code from} to the body's end. */
    List<byte[]> rows(int from, int rows, int rowBytes) {
        requireBytes(from, (long) rows * rowBytes);
        List<byte[]> split = new ArrayList<>(rows);
        for (int i = 0; i < rows; i++) {
            split.add(Arrays.copyOfRange(body, from + i * rowBytes, from + (i + 1) * rowBytes));
        }
        return split;
    }

    private void requireBytes(int from, long bytes) {
        if (body.length - from != bytes) {
            throw invalid(path + ": its shape has " + bytes + " bytes, but " + (body.length - from) + " came.");
        }
    }

    /** BYTES behind the JSON: each element with its length before it, as a little-endian unsigned 32-bit number. */
    List<byte[]> elements(int from, int count, long mostBytes) {
        ByteBuffer left = ByteBuffer.wrap(body, from, body.length - from).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> elements = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            if (left.remaining() < Integer.BYTES) {
                throw invalid(path + "[" + i + "]: the body ends before it.");
            }
            long length = Integer.toUnsignedLong(left.getInt());
            if (length > left.remaining()) {
                throw invalid(path + "[" + i + "]: " + length + " bytes are announced, but " + left.remaining()
                        + " are left.");
            }
            requireAllowed(i, length, mostBytes);
            byte[] element = new byte[(int) length];
            left.get(element);
            elements.add(element);
        }
        if (left.hasRemaining()) {
            throw invalid(path + ": " + left.remaining() + " bytes more than its " + count + " elements.");
        }
        return elements;
    }

    private void requireAllowed(int i, long length, long mostBytes) {
        if (length > mostBytes) {
            throw new ScanstreamException(
                    ErrorCode.TOO_LARGE,
                    path + "[" + i + "]: " + length + " bytes; the limit for an image is " + mostBytes + ".");
        }
    }

    /**
     * UINT8 in the JSON, flat or nested.
     *
     * @param from where the array begins
     * @param to where the JSON ends
     * @param shape the dimensions of a row
     */
    List<byte[]> jsonRows(int from, int to, int rows, int... shape) {
        return json(from, to, parser -> {
            int rowBytes = 1;
            for (int side : shape) {
                rowBytes *= side;
            }
            boolean nested = parser.nextToken() == JsonToken.START_ARRAY;
            List<byte[]> split = new ArrayList<>(rows);
            for (int i = 0; i < rows; i++) {
                byte[] row = new byte[rowBytes];
                if (nested) {
                    nested(parser, ByteBuffer.wrap(row), shape, 0);
                } else {
                    flat(parser, ByteBuffer.wrap(row));
                }
                split.add(row);
            }
            requireEnd(parser);
            return split;
        });
    }

    private void flat(JsonParser parser, ByteBuffer row) throws IOException {
        while (row.hasRemaining()) {
            row.put(value(parser));
            parser.nextToken();
        }
    }

    /** One array of a nested tensor, from its start to past its end. */
    private void nested(JsonParser parser, ByteBuffer row, int[] shape, int level) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw invalid(path + ": its arrays are not nested as its shape says.");
        }
        parser.nextToken();
        for (int i = 0; i < shape[level]; i++) {
            if (level + 1 < shape.length) {
                nested(parser, row, shape, level + 1);
            } else {
                row.put(value(parser));
                parser.nextToken();
            }
        }
        requireEnd(parser);
        parser.nextToken();
    }

    private byte value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.END_ARRAY) {
            throw invalid(path + ": fewer values than its shape says.");
        }
        if (token != JsonToken.VALUE_NUMBER_INT) {
            throw invalid(path + ": expected were numbers from 0 to 255, not " + token.name() + ".");
        }
        int value = parser.getIntValue();
        if (value < 0 || value > 255) {
            throw invalid(path + ": " + value + " is not from 0 to 255.");
        }
        return (byte) value;
    }

    /** BYTES in the JSON: texts in Base64, since the protocol's JSON has no other way for bytes that are no text. */
    List<byte[]> jsonElements(int from, int to, int count, long mostBytes) {
        return json(from, to, parser -> {
            parser.nextToken();
            List<byte[]> elements = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                if (parser.currentToken() != JsonToken.VALUE_STRING) {
                    throw invalid(path + "[" + i + "]: expected was a text in Base64, not "
                            + parser.currentToken().name() + ". Its shape has " + count + ".");
                }
                byte[] element = parser.getBinaryValue();
                requireAllowed(i, element.length, mostBytes);
                elements.add(element);
                parser.nextToken();
            }
            requireEnd(parser);
            return elements;
        });
    }

    private void requireEnd(JsonParser parser) {
        if (parser.currentToken() != JsonToken.END_ARRAY) {
            throw invalid(path + ": more values than its shape says, or nested otherwise.");
        }
    }

    private interface Reading {
        List<byte[]> read(JsonParser parser) throws IOException;
    }

    private List<byte[]> json(int from, int to, Reading reading) {
        try (JsonParser parser = RequestReader.JSON.createParser(body, from, to - from)) {
            parser.nextToken();
            return reading.read(parser);
        } catch (JsonProcessingException e) {
            throw invalid(path + ": " + shown(Json.reason(e)), e);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }
}
