package io.scanstream.trainer.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Reads layers as recipes write them; unknown fields and wrong types are errors that name their path. */
final class LayerReader {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    /**
     * Reads a list of layers.
     *
     * @param outputs what a linear layer without {@code out} gives
     * @throws ScanstreamException {@code INVALID_RECIPE} listing every layer that is wrong
     */
    static List<Layer> read(List<JsonNode> nodes, int outputs) {
        List<Layer> layers = new ArrayList<>();
        List<String> mistakes = new ArrayList<>();
        for (int i = 0; i < nodes.size(); i++) {
            try {
                layers.add(MAPPER.treeToValue(withOutputs(nodes.get(i).deepCopy(), outputs), Layer.class));
            } catch (JsonProcessingException e) {
                mistakes.add("recipe.network.layers[" + i + "]" + reason(e));
            }
        }
        if (!mistakes.isEmpty()) {
            throw new ScanstreamException(ErrorCode.INVALID_RECIPE, String.join("\n", mistakes));
        }
        return layers;
    }

    private static JsonNode withOutputs(JsonNode node, int outputs) {
        if (node instanceof ObjectNode object && object.path("type").asText().equals("linear") && !object.has("out")) {
            object.put("out", outputs);
        }
        node.forEach(child -> withOutputs(child, outputs));
        return node;
    }

    private static String reason(JsonProcessingException e) {
        if (e.getCause() instanceof ScanstreamException ours) {
            return ": " + ours.getMessage();
        }
        String path = e instanceof JsonMappingException mapping
                ? mapping.getPath().stream()
                        .map(step ->
                                step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                        .collect(Collectors.joining())
                : "";
        return path + ": " + e.getOriginalMessage();
    }

    private LayerReader() {}
}
