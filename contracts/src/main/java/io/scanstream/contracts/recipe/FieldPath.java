package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where in a recipe a value is: fields with points between them, elements of lists by their index, as problems name them. */
final class FieldPath {
    private static final Pattern PART =
            Pattern.compile("(?<field>[^.\\[\\]]+)(?<elements>(?:\\[\\d{1,6}])*)(?:\\.(?!$)|$)");
    private static final Pattern ELEMENT = Pattern.compile("\\[(\\d+)]");

    private final String path;
    private final List<Step> steps;

    /** A field's name, or an element's index. */
    private record Step(String name, int index) {
        boolean isField() {
            return index < 0;
        }
    }

    private FieldPath(String path, List<Step> steps) {
        this.path = path;
        this.steps = steps;
    }

    /**
     * Replaces a value, and makes fields on the way to it that are left out.
     *
     * @return why that cannot be done, if it cannot
     */
    static Optional<Problem> set(ObjectNode root, String path, JsonNode value) {
        List<Step> steps = steps(path);
        if (steps.isEmpty()) {
            return Optional.of(new Problem(
                    "recipe." + path,
                    "not a path. Expected fields and elements as in optimizer.learningRate or network.layers[0].out."));
        }
        return new FieldPath(path, steps).set(root, value);
    }

    /** None if it is no path. */
    private static List<Step> steps(String path) {
        List<Step> steps = new ArrayList<>();
        Matcher part = PART.matcher(path);
        int end = 0;
        while (part.find() && part.start() == end) {
            end = part.end();
            steps.add(new Step(part.group("field"), -1));
            Matcher element = ELEMENT.matcher(part.group("elements"));
            while (element.find()) {
                steps.add(new Step(element.group(), Integer.parseInt(element.group(1))));
            }
        }
        return end == path.length() ? steps : List.of();
    }

    private Optional<Problem> set(ObjectNode root, JsonNode value) {
        JsonNode at = root;
        int last = steps.size() - 1;
        for (int i = 0; i <= last; i++) {
            Optional<Problem> problem = unfit(at, i);
            if (problem.isPresent()) {
                return problem;
            }
            Step step = steps.get(i);
            if (i < last) {
                boolean fieldFollows = steps.get(i + 1).isField();
                at = at instanceof ObjectNode object
                        ? within(object, step.name(), fieldFollows)
                        : at.path(step.index());
            } else if (at instanceof ObjectNode object) {
                object.set(step.name(), value);
            } else if (at instanceof ArrayNode array) {
                array.set(step.index(), value);
            }
        }
        return Optional.empty();
    }

    private static JsonNode within(ObjectNode object, String field, boolean makeFields) {
        JsonNode next = object.path(field);
        return makeFields && (next.isMissingNode() || next.isNull()) ? object.putObject(field) : next;
    }

    /** Why a step cannot be taken from a node. */
    private Optional<Problem> unfit(JsonNode node, int step) {
        Step next = steps.get(step);
        String here = "'" + upTo(step) + "'";
        if (next.isField()) {
            return node instanceof ObjectNode ? Optional.empty() : problem(here + " has no fields that could be set.");
        }
        if (!(node instanceof ArrayNode list)) {
            return problem(here + " has no elements that could be set.");
        }
        return next.index() < list.size()
                ? Optional.empty()
                : problem(here + " has " + list.size() + (list.size() == 1 ? " element" : " elements")
                        + ", counted from [0]; there is no " + next.name() + ".");
    }

    private String upTo(int step) {
        StringBuilder text = new StringBuilder();
        for (Step one : steps.subList(0, step)) {
            text.append(text.length() > 0 && one.isField() ? "." : "").append(one.name());
        }
        return text.toString();
    }

    private Optional<Problem> problem(String text) {
        return Optional.of(new Problem("recipe." + path, text));
    }
}
