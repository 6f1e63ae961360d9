package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.scanstream.contracts.Json;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The recipe as a JSON Schema (draft 2020-12), made of its records and their {@link Setting}s. {@link RecipeStructure}
 * enforces it; editors complete and explain with it what the reader will accept. Contradictions between fields are beyond it.
 */
public final class RecipeSchema {
    /** {@code format} of whole numbers of 64 bits; the others have 32. */
    static final String LONG = "int64";

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final JsonNode LAYERS_UNREAD = new RecipeSchema(null).whole();

    private final @Nullable Class<?> layers;
    private final ObjectNode definitions = Json.mapper().createObjectNode();

    private RecipeSchema(@Nullable Class<?> layers) {
        this.layers = layers;
    }

    /** The schema for whoever does not know layers and architectures: anything is one. */
    public static JsonNode layersUnread() {
        return LAYERS_UNREAD;
    }

    /** The schema of one of several records that a sealed interface names, told apart by {@code type}. */
    public static JsonNode ofFamily(Class<?> family) {
        RecipeSchema schema = new RecipeSchema(family);
        ObjectNode root = schema.family(family);
        root.set("$defs", schema.definitions);
        return root;
    }

    /**
     * Makes the schema.
     *
     * @param layers the sealed interface that the trainer reads a network's layers into
     * @param architectures the sealed interface that it reads an architecture's parameters into
     */
    public static JsonNode of(Class<?> layers, Class<?> architectures) {
        RecipeSchema schema = new RecipeSchema(layers);
        ObjectNode root = schema.whole();
        schema.architectures((ObjectNode) root.path("properties").path("network"), architectures);
        return root;
    }

    private ObjectNode whole() {
        ObjectNode root = Json.mapper().createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", "A recipe of Scanstream");
        root.setAll(record(Recipe.class, null));
        root.set("$defs", definitions);
        return root;
    }

    private ObjectNode schema(Type type) {
        Class<?> raw = type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
        if (raw == JsonNode.class) {
            return layers == null ? Json.mapper().createObjectNode() : family(layers);
        }
        if (raw.isRecord()) {
            return record(raw, null);
        }
        if (raw.isSealed()) {
            return family(raw);
        }
        ObjectNode schema = Json.mapper().createObjectNode();
        if (raw == List.class) {
            schema.put("type", "array").set("items", schema(argument(type, 0)));
        } else if (raw == Map.class) {
            schema.put("type", "object").set("additionalProperties", schema(argument(type, 1)));
        } else if (raw.isEnum()) {
            ArrayNode values = schema.putArray("enum");
            Arrays.stream(raw.getFields())
                    .map(field -> field.getAnnotation(JsonProperty.class))
                    .forEach(name -> values.add(name.value()));
        } else if (raw != Object.class) {
            schema.put("type", simple(raw));
            if (raw == long.class) {
                schema.put("format", LONG);
            }
        }
        return schema;
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }

    private static String simple(Class<?> type) {
        if (type == int.class || type == Integer.class || type == long.class) {
            return "integer";
        }
        if (type == double.class || type == Double.class) {
            return "number";
        }
        if (type == boolean.class) {
            return "boolean";
        }
        if (type == String.class) {
            return "string";
        }
        throw new IllegalStateException("a recipe field of type " + type);
    }

    /** One of several records, told apart by {@code type}; defined once, for layers hold layers. */
    private ObjectNode family(Class<?> family) {
        String name = family.getSimpleName();
        if (!definitions.has(name)) {
            ArrayNode variants = definitions.putObject(name).putArray("oneOf");
            for (JsonSubTypes.Type variant :
                    family.getAnnotation(JsonSubTypes.class).value()) {
                variants.add(record(variant.value(), variant.name()));
            }
        }
        return Json.mapper().createObjectNode().put("$ref", "#/$defs/" + name);
    }

    private ObjectNode record(Class<?> record, @Nullable String variant) {
        ObjectNode schema = Json.mapper().createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = schema.putArray("required");
        if (variant != null) {
            properties.putObject("type").put("const", variant);
            required.add("type");
        }
        for (RecordComponent component : record.getRecordComponents()) {
            properties.set(component.getName(), field(component));
            boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
            if (!nullable && component.getAnnotation(Setting.class).fallback().isEmpty()) {
                required.add(component.getName());
            }
        }
        return schema.put("additionalProperties", false);
    }

    private ObjectNode field(RecordComponent component) {
        Setting setting = component.getAnnotation(Setting.class);
        ObjectNode schema = schema(component.getGenericType()).put("description", setting.value());
        bound(schema, "minimum", setting.min());
        bound(schema, "exclusiveMinimum", setting.above());
        bound(schema, "maximum", setting.max());
        bound(schema, "exclusiveMaximum", setting.below());
        if (!setting.fallback().isEmpty()) {
            schema.set("default", value(setting.fallback()));
        }
        if (!setting.example().isEmpty()) {
            schema.putArray("examples").add(value(setting.example()));
        }
        return schema;
    }

    /** What a {@link Setting} writes as YAML. */
    private static JsonNode value(String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a default that is no YAML: " + text, e);
        }
    }

    private static void bound(ObjectNode schema, String keyword, double bound) {
        if (Double.isFinite(bound)) {
            if (bound == Math.rint(bound)) {
                schema.put(keyword, (long) bound);
            } else {
                schema.put(keyword, bound);
            }
        }
    }

    /** Which parameters there are follows from the architecture's name. */
    private void architectures(ObjectNode network, Class<?> architectures) {
        ArrayNode names = ((ObjectNode) network.path("properties").path("architecture")).putArray("enum");
        ArrayNode rules = network.putArray("allOf");
        for (JsonSubTypes.Type variant :
                architectures.getAnnotation(JsonSubTypes.class).value()) {
            names.add(variant.name());
            ObjectNode rule = rules.addObject();
            ObjectNode condition = rule.putObject("if");
            condition.putObject("properties").putObject("architecture").put("const", variant.name());
            condition.putArray("required").add("architecture");
            rule.putObject("then").putObject("properties").set("parameters", record(variant.value(), null));
        }
    }

    /** The file's text. */
    public static String text(JsonNode schema) {
        try {
            return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(schema) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree is always writable", e);
        }
    }
}
