package io.scanstream.trainer.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format (Hugging Face, 2022): the header's length as 8 bytes little-endian, the header as JSON, then the
 * values, to which the header's offsets are relative.
 */
final class Safetensors {
    /** The reference implementation's limit is 100 MB; our networks have headers of some ten kB. */
    private static final long MAX_HEADER_BYTES = 16L << 20;

    private static final String METADATA = "__metadata__";
    private static final ObjectReader HEADER = Json.mapper()
            .readerFor(JsonNode.class)
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY, DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** Whether the first eight bytes can be a header's length. */
    static boolean looksLike(ByteBuffer first, long fileBytes) {
        if (first.remaining() < Long.BYTES) {
            return false;
        }
        long length = first.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong();
        return length >= 2 && length <= MAX_HEADER_BYTES && length <= fileBytes - Long.BYTES;
    }

    static Map<String, StoredTensor> contents(FileChannel channel) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        WeightFile.readFully(channel, length, 0);
        ByteBuffer header = ByteBuffer.allocate((int) length.getLong(0));
        WeightFile.readFully(channel, header, Long.BYTES);
        JsonNode tree = parse(new String(header.array(), StandardCharsets.UTF_8));
        long data = Long.BYTES + (long) header.capacity();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            if (!entry.getKey().equals(METADATA)) {
                tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), data, channel.size()));
            }
        }
        return tensors;
    }

    private static JsonNode parse(String header) {
        try {
            JsonNode tree = HEADER.readValue(header);
            if (tree.isObject()) {
                return tree;
            }
            throw invalid("is " + tree.getNodeType());
        } catch (JsonProcessingException e) {
            throw invalid("cannot be read: " + e.getOriginalMessage());
        }
    }

    private static ScanstreamException invalid(String what) {
        return new ScanstreamException(
                ErrorCode.INVALID_REQUEST, "expected a safetensors header, a JSON object; it " + what + ".");
    }

    private static StoredTensor tensor(String name, JsonNode entry, long data, long fileBytes) {
        String typeName = entry.path("dtype").asText();
        ElementType type = ElementType.ofSafetensors(typeName)
                .orElseThrow(() -> StoredTensor.invalid(name, "is of the type '" + typeName + "', which is not known"));
        List<Long> shape = longs(name, entry.path("shape"));
        List<Long> offsets = longs(name, entry.path("data_offsets"));
        if (offsets.size() != 2
                || offsets.get(0) < 0
                || offsets.get(0) > offsets.get(1)
                || offsets.get(1) > fileBytes - data) {
            throw StoredTensor.invalid(name, "has the offsets " + offsets + " in a file of " + fileBytes + " bytes");
        }
        long bytes = offsets.get(1) - offsets.get(0);
        StoredTensor tensor = StoredTensor.within(
                name, type, shape, StoredTensor.dense(name, shape), 0, data + offsets.get(0), bytes / type.bytes());
        if (tensor.span() * type.bytes() != bytes) {
            throw StoredTensor.invalid(name, "of shape " + shape + " has " + bytes + " bytes");
        }
        return tensor;
    }

    private static List<Long> longs(String name, JsonNode list) {
        List<Long> values = new ArrayList<>();
        for (JsonNode value : list) {
            if (!value.canConvertToLong() || !value.canConvertToExactIntegral()) {
                throw StoredTensor.invalid(name, "has " + list + " for a shape or offsets");
            }
            values.add(value.asLong());
        }
        if (!list.isArray()) {
            throw StoredTensor.invalid(name, "lacks its shape or its offsets");
        }
        return values;
    }

    private Safetensors() {}
}
