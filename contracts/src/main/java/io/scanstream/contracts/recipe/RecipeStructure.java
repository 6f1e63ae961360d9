package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;

/**
 * Holds a tree against a schema that {@link RecipeSchema} has made: every field there, none unknown, each of its type and
 * within its range. Goes on after a mistake, so that one reading finds them all; fills in defaults, takes unknown fields out
 * and puts the default, or else the example, in the place of what cannot be read, as it goes.
 */
public final class RecipeStructure {
    private final JsonNode schema;
    private final List<Problem> problems;
    private boolean readable = true;

    /**
     * Prepares a check.
     *
     * @param schema of the whole tree
     * @param problems mistakes are added to it
     */
    public RecipeStructure(JsonNode schema, List<Problem> problems) {
        this.schema = schema;
        this.problems = problems;
    }

    /** Whether what was checked can be bound to its records all the same: no field is missing or of another type. */
    boolean readable() {
        return readable;
    }

    /**
     * Checks a tree and fills in what it leaves out.
     *
     * @param path of the tree in the recipe, for messages
     */
    public void check(String path, JsonNode node) {
        check(path, node, schema);
    }

    private void check(String path, JsonNode node, JsonNode rule) {
        String definition = rule.path("$ref").asText();
        if (!definition.isEmpty()) {
            check(path, node, schema.at(definition.substring(1)));
        } else if (rule.has("oneOf")) {
            checkVariant(path, node, rule.path("oneOf"));
        } else if (rule.has("properties")) {
            checkFields(path, node, rule);
        } else if (rule.has("additionalProperties")) {
            checkEntries(path, node, rule.path("additionalProperties"));
        } else if (rule.has("items")) {
            checkList(path, node, rule.path("items"));
        } else if (rule.has("enum")) {
            checkEnum(path, node, rule.path("enum"));
        } else if (rule.has("type")) {
            checkScalar(path, node, rule);
        }
    }

    private void checkFields(String path, JsonNode node, JsonNode rule) {
        if (!(node instanceof ObjectNode object)) {
            unreadable(path, "expected fields (a mapping), found " + shown(node) + ".");
            return;
        }
        List<String> known = new ArrayList<>();
        rule.path("properties").properties().forEach(field -> {
            known.add(field.getKey());
            checkField(path + "." + field.getKey(), object, field.getKey(), field.getValue(), rule.path("required"));
        });
        for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            if (!known.contains(name)) {
                names.remove();
                problems.add(new Problem(path + "." + name, "unknown field. Known here: " + named(known) + "."));
            }
        }
        rule.path("allOf").forEach(further -> checkIf(path, object, further));
    }

    /** {@code type} tells variants apart; nobody has to be told of it among the fields. */
    private static String named(List<String> known) {
        return String.join(
                ", ", known.stream().filter(name -> !name.equals("type")).toList());
    }

    private void checkField(String path, ObjectNode object, String name, JsonNode rule, JsonNode required) {
        JsonNode value = object.path(name);
        if (value.isMissingNode() || value.isNull()) {
            if (rule.has("default")) {
                // Checked like any other, for it may leave fields out itself.
                value = rule.path("default").deepCopy();
                object.set(name, value);
            } else {
                if (contains(required, name)) {
                    problems.add(new Problem(
                            path, "is missing. " + rule.path("description").asText() + maybe(rule)));
                    readable &= standIn(object, name, rule, required);
                } else {
                    object.remove(name);
                }
                return;
            }
        }
        if (rule.has("const")) {
            return;
        }
        int before = problems.size();
        boolean readableBefore = readable;
        readable = true;
        check(path, value, rule);
        if (problems.size() == before && value.isNumber()) {
            checkRange(path, value, rule);
        }
        readable = readableBefore && (readable || standIn(object, name, rule, required));
    }

    /** What takes the place of a value that cannot be read, so that the rest is still held against each other. */
    private static boolean standIn(ObjectNode object, String name, JsonNode rule, JsonNode required) {
        JsonNode standIn = rule.has("default")
                ? rule.path("default")
                : rule.path("examples").path(0);
        if (!standIn.isMissingNode()) {
            object.set(name, standIn.deepCopy());
            return true;
        }
        object.remove(name);
        return !contains(required, name);
    }

    private static boolean contains(JsonNode names, String name) {
        return StreamSupport.stream(names.spliterator(), false)
                .anyMatch(each -> each.asText().equals(name));
    }

    /** What further fields look like where one has a certain value. */
    private void checkIf(String path, ObjectNode object, JsonNode rule) {
        for (Map.Entry<String, JsonNode> condition :
                rule.path("if").path("properties").properties()) {
            if (!object.path(condition.getKey()).equals(condition.getValue().path("const"))) {
                return;
            }
        }
        rule.path("then").path("properties").properties().forEach(field -> {
            if (object.has(field.getKey())) {
                check(path + "." + field.getKey(), object.path(field.getKey()), field.getValue());
            }
        });
    }

    private void checkRange(String path, JsonNode value, JsonNode rule) {
        double number = value.asDouble();
        String broken = "";
        if (rule.has("minimum") && number < rule.path("minimum").asDouble()) {
            broken = "is below " + rule.path("minimum").asText();
        } else if (rule.has("maximum") && number > rule.path("maximum").asDouble()) {
            broken = "is above " + rule.path("maximum").asText();
        } else if (rule.has("exclusiveMinimum")
                && number <= rule.path("exclusiveMinimum").asDouble()) {
            broken = "is not above " + rule.path("exclusiveMinimum").asText();
        } else if (rule.has("exclusiveMaximum")
                && number >= rule.path("exclusiveMaximum").asDouble()) {
            broken = "is not below " + rule.path("exclusiveMaximum").asText();
        }
        if (!broken.isEmpty()) {
            problems.add(new Problem(path, value.asText() + " " + broken + "." + maybe(rule)));
        }
    }

    private void checkVariant(String path, JsonNode node, JsonNode variants) {
        Map<String, JsonNode> byType = new TreeMap<>();
        variants.forEach(variant ->
                byType.put(variant.path("properties").path("type").path("const").asText(), variant));
        String type = node.path("type").asText("");
        JsonNode variant = byType.get(type);
        if (variant == null) {
            String found = type.isEmpty() ? "no type" : "'" + type + "'";
            unreadable(path + ".type", found + "; expected one of " + String.join(", ", byType.keySet()) + ".");
            return;
        }
        checkFields(path, node, variant);
    }

    private void checkList(String path, JsonNode node, JsonNode items) {
        if (!node.isArray()) {
            unreadable(path, "expected a list, found " + shown(node) + ".");
            return;
        }
        for (int i = 0; i < node.size(); i++) {
            check(path + "[" + i + "]", node.get(i), items);
        }
    }

    private void checkEntries(String path, JsonNode node, JsonNode values) {
        if (!node.isObject()) {
            unreadable(path, "expected fields (a mapping), found " + shown(node) + ".");
            return;
        }
        node.properties().forEach(field -> check(path + "." + field.getKey(), field.getValue(), values));
    }

    private void checkEnum(String path, JsonNode node, JsonNode values) {
        if (!contains(values, node.asText())) {
            List<String> names = new ArrayList<>();
            values.forEach(value -> names.add(value.asText()));
            unreadable(path, shown(node) + " is not one of " + String.join(", ", names) + ".");
        }
    }

    private void checkScalar(String path, JsonNode node, JsonNode rule) {
        String type = rule.path("type").asText();
        boolean fits;
        String expected;
        switch (type) {
            case "integer" -> {
                fits = node.canConvertToExactIntegral()
                        && (rule.path("format").asText().equals(RecipeSchema.LONG)
                                ? node.canConvertToLong()
                                : node.canConvertToInt());
                expected = "a whole number";
            }
            case "number" -> {
                fits = node.isNumber() && Double.isFinite(node.asDouble());
                expected = "a number";
            }
            case "boolean" -> {
                fits = node.isBoolean();
                expected = "true or false";
            }
            case "string" -> {
                fits = node.isTextual();
                expected = "a text";
            }
            default -> throw new IllegalStateException("a schema of type " + type + " at " + path);
        }
        if (!fits) {
            unreadable(path, "expected " + expected + ", found " + shown(node) + ".");
        }
    }

    private void unreadable(String path, String message) {
        readable = false;
        problems.add(new Problem(path, message));
    }

    private static String maybe(JsonNode rule) {
        JsonNode example = rule.has("examples") ? rule.path("examples").path(0) : rule.path("default");
        return example.isMissingNode() ? "" : " Maybe " + plain(example) + "?";
    }

    private static String plain(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private static String shown(JsonNode node) {
        String text = node.toString();
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
