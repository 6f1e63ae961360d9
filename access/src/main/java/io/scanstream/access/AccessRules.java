package io.scanstream.access;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The table of a service: who may send what where. What no line covers is refused, to everybody.
 *
 * <p>A path is taken as it was sent, and has to be written in the one plain way: letters, digits and {@code . _ ~ -} between
 * single slashes. Nothing that is served needs an escape, and a path that two readers could read differently is no path.
 */
public final class AccessRules {
    private static final String BELOW = "**";
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._~-]+");

    private final List<AccessRule> rules;
    private final Map<String, List<Template>> byMethod = new HashMap<>();

    private AccessRules(List<AccessRule> rules) {
        this.rules = List.copyOf(rules);
        for (AccessRule rule : rules) {
            byMethod.computeIfAbsent(rule.method(), method -> new ArrayList<>()).add(Template.of(rule));
        }
        byMethod.values().forEach(templates -> templates.sort(Template.NARROWEST_FIRST));
    }

    /** A rule and its path in pieces. */
    private record Template(AccessRule rule, List<String> segments, boolean isOpenEnded, long parameters) {
        static final Comparator<Template> NARROWEST_FIRST =
                Comparator.comparing(Template::isOpenEnded).thenComparing(Template::parameters);

        static Template of(AccessRule rule) {
            List<String> segments =
                    new ArrayList<>(List.of(rule.path().substring(1).split("/", -1)));
            boolean isOpenEnded = segments.get(segments.size() - 1).equals(BELOW);
            if (isOpenEnded) {
                segments.remove(segments.size() - 1);
            }
            long parameters = segments.stream().filter(Template::isParameter).count();
            return new Template(rule, segments, isOpenEnded, parameters);
        }

        private static boolean isParameter(String segment) {
            return segment.startsWith("{");
        }

        boolean covers(List<String> path) {
            if (isOpenEnded ? path.size() < segments.size() : path.size() != segments.size()) {
                return false;
            }
            for (int i = 0; i < segments.size(); i++) {
                if (!isParameter(segments.get(i)) && !segments.get(i).equals(path.get(i))) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Reads a table: a rule a line, as {@code METHOD /path roles [action]}; empty lines and those with {@code #} are for people.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} with the line that is no rule, or is there twice
     */
    public static AccessRules of(String table) {
        List<AccessRule> rules = new ArrayList<>();
        Set<String> seen = new TreeSet<>();
        table.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .forEach(line -> {
                    AccessRule rule = AccessRule.of(line);
                    if (!seen.add(rule.method() + " " + rule.path())) {
                        throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "there are two rules for: " + line);
                    }
                    rules.add(rule);
                });
        return new AccessRules(rules);
    }

    public List<AccessRule> all() {
        return rules;
    }

    /**
     * The rule for a request; of several the one that names most of the path.
     *
     * @param method HEAD is taken as GET
     * @param path as it was sent, without a query
     */
    public Optional<AccessRule> find(String method, String path) {
        List<String> segments = segments(path);
        return segments.isEmpty() ? Optional.empty() : find(method, segments);
    }

    private Optional<AccessRule> find(String method, List<String> segments) {
        String asked = method.equals("HEAD") ? "GET" : method;
        for (Template template : byMethod.getOrDefault(asked, List.of())) {
            if (template.covers(segments)) {
                return Optional.of(template.rule());
            }
        }
        return Optional.empty();
    }

    /** The methods that a path has rules for. */
    public Set<String> methods(String path) {
        List<String> segments = segments(path);
        Set<String> methods = new TreeSet<>();
        for (String method : byMethod.keySet()) {
            if (!segments.isEmpty() && find(method, segments).isPresent()) {
                methods.add(method);
            }
        }
        return methods;
    }

    /** The segments of a path; none if it is not written plainly. A slash at the end makes no difference. */
    private static List<String> segments(String path) {
        String[] parts = path.split("/", -1);
        int last = parts.length > 2 && parts[parts.length - 1].isEmpty() ? parts.length - 1 : parts.length;
        List<String> segments = new ArrayList<>(last);
        for (int i = 1; i < last; i++) {
            if (!PLAIN.matcher(parts[i]).matches() || parts[i].equals(".") || parts[i].equals("..")) {
                return List.of();
            }
            segments.add(parts[i]);
        }
        return parts[0].isEmpty() ? segments : List.of();
    }
}
