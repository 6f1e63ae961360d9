package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Holds a tree against records whose components say by {@link Setting} what they may be: every field there, none unknown,
 * each of its type and within its range. Goes on after a mistake, so that one reading finds them all; fills in
 * defaults and takes unknown fields out as it goes. Sealed interfaces are told apart by their field {@code type}.
 */
public final class RecipeStructure {
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private final List<Problem> problems;
    private boolean readable = true;

    /** Mistakes are added to the list. */
    public RecipeStructure(List<Problem> problems) {
        this.problems = problems;
    }

    /** Whether what was checked can be bound to its records all the same: no field is missing or of another type. */
    boolean readable() {
        return readable;
    }

    private void unreadable(String path, String message) {
        readable = false;
        problems.add(new Problem(path, message));
    }

    /**
     * Checks a tree and fills in what it leaves out.
     *
     * @param path of the tree in the recipe, for messages
     * @param type a record, a sealed interface of records, a list or map of those, an enum or a simple type
     */
    public void check(String path, JsonNode node, Type type) {
        Class<?> raw = type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
        if (raw == JsonNode.class || raw == Object.class) {
            return;
        }
        if (raw.isRecord()) {
            checkRecord(path, node, raw, null);
        } else if (raw.isSealed()) {
            checkVariant(path, node, raw);
        } else if (raw == List.class) {
            checkList(path, node, (ParameterizedType) type);
        } else if (raw == Map.class) {
            checkMap(path, node, (ParameterizedType) type);
        } else if (raw.isEnum()) {
            checkEnum(path, node, raw);
        } else {
            checkScalar(path, node, raw);
        }
    }

    private void checkRecord(String path, JsonNode node, Class<?> record, @Nullable String alsoAllowed) {
        if (!(node instanceof ObjectNode object)) {
            unreadable(path, "expected fields (a mapping), found " + shown(node) + ".");
            return;
        }
        List<String> known = new ArrayList<>();
        for (RecordComponent component : record.getRecordComponents()) {
            known.add(component.getName());
            checkField(path + "." + component.getName(), object, component);
        }
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name) && !name.equals(alsoAllowed)) {
                names.remove();
                problems.add(
                        new Problem(path + "." + name, "unknown field. Known here: " + String.join(", ", known) + "."));
            }
        }
    }

    private void checkField(String path, ObjectNode object, RecordComponent component) {
        Setting setting = component.getAnnotation(Setting.class);
        boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        JsonNode value = object.path(component.getName());
        if (value.isMissingNode() || value.isNull()) {
            if (!setting.fallback().isEmpty()) {
                value = object.set(component.getName(), value(setting.fallback()))
                        .get(component.getName());
            } else if (nullable) {
                object.remove(component.getName());
                return;
            } else {
                unreadable(path, "is missing. " + setting.value() + maybe(setting));
                return;
            }
        }
        int before = problems.size();
        check(path, value, component.getGenericType());
        if (problems.size() == before && value.isNumber()) {
            checkRange(path, value, setting);
        }
    }

    /** What a {@link Setting} writes as YAML. */
    static JsonNode value(String text) {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a default that is no YAML: " + text, e);
        }
    }

    private void checkRange(String path, JsonNode value, Setting setting) {
        double number = value.asDouble();
        @Nullable String rule = null;
        if (number < setting.min()) {
            rule = "is below " + plain(setting.min());
        } else if (number > setting.max()) {
            rule = "is above " + plain(setting.max());
        } else if (number <= setting.above()) {
            rule = "is not above " + plain(setting.above());
        } else if (number >= setting.below()) {
            rule = "is not below " + plain(setting.below());
        }
        if (rule != null) {
            problems.add(new Problem(path, value.asText() + " " + rule + "." + maybe(setting)));
        }
    }

    private void checkVariant(String path, JsonNode node, Class<?> family) {
        Map<String, Class<?>> variants = Arrays.stream(
                        family.getAnnotation(JsonSubTypes.class).value())
                .collect(Collectors.toMap(JsonSubTypes.Type::name, JsonSubTypes.Type::value));
        String type = node.path("type").asText("");
        Class<?> variant = variants.get(type);
        if (variant == null) {
            String found = type.isEmpty() ? "no type" : "'" + type + "'";
            unreadable(
                    path + ".type",
                    found + "; expected one of "
                            + variants.keySet().stream().sorted().collect(Collectors.joining(", ")) + ".");
            return;
        }
        checkRecord(path, node, variant, "type");
    }

    private void checkList(String path, JsonNode node, ParameterizedType type) {
        if (!node.isArray()) {
            unreadable(path, "expected a list, found " + shown(node) + ".");
            return;
        }
        for (int i = 0; i < node.size(); i++) {
            check(path + "[" + i + "]", node.get(i), type.getActualTypeArguments()[0]);
        }
    }

    private void checkMap(String path, JsonNode node, ParameterizedType type) {
        if (!node.isObject()) {
            unreadable(path, "expected fields (a mapping), found " + shown(node) + ".");
            return;
        }
        node.properties()
                .forEach(field ->
                        check(path + "." + field.getKey(), field.getValue(), type.getActualTypeArguments()[1]));
    }

    private void checkEnum(String path, JsonNode node, Class<?> type) {
        List<String> names = Arrays.stream(type.getFields())
                .map(field -> field.getAnnotation(JsonProperty.class))
                .map(JsonProperty::value)
                .toList();
        if (!names.contains(node.asText())) {
            unreadable(path, shown(node) + " is not one of " + String.join(", ", names) + ".");
        }
    }

    private void checkScalar(String path, JsonNode node, Class<?> type) {
        boolean fits;
        String expected;
        if (type == int.class || type == Integer.class || type == long.class) {
            fits = type != long.class ? node.canConvertToInt() : node.canConvertToLong();
            fits &= node.canConvertToExactIntegral();
            expected = "a whole number";
        } else if (type == double.class || type == Double.class) {
            fits = node.isNumber() && Double.isFinite(node.asDouble());
            expected = "a number";
        } else if (type == boolean.class) {
            fits = node.isBoolean();
            expected = "true or false";
        } else if (type == String.class) {
            fits = node.isTextual();
            expected = "a text";
        } else {
            throw new IllegalStateException("a recipe field of type " + type + " at " + path);
        }
        if (!fits) {
            unreadable(path, "expected " + expected + ", found " + shown(node) + ".");
        }
    }

    private static String maybe(Setting setting) {
        String example = setting.example().isEmpty() ? setting.fallback() : setting.example();
        return example.isEmpty() ? "" : " Maybe " + example + "?";
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }

    private static String shown(JsonNode node) {
        String text = node.toString();
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
