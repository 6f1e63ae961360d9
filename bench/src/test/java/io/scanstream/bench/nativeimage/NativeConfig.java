package io.scanstream.bench.nativeimage;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the files under {@code META-INF/native-image} grant, in the form that the tracing agent writes and that every GraalVM
 * since 21 reads: {@code reflect-config.json}, {@code jni-config.json}, {@code resource-config.json} and {@code
 * native-image.properties}. Classes go by their internal names.
 */
final class NativeConfig {
    private static final String FOLDER = "META-INF/native-image/";
    private static final List<String> WHOLE =
            List.of("allDeclaredConstructors", "allDeclaredMethods", "allDeclaredFields");

    private final Set<String> reflection = new TreeSet<>();
    private final Set<String> jni = new TreeSet<>();
    private final Set<String> mentioned = new TreeSet<>();
    private final List<Pattern> resources = new ArrayList<>();
    private final Set<String> atRunTime = new TreeSet<>();

    /** Reads what lies among some classes. */
    static NativeConfig in(Classes classes) {
        NativeConfig config = new NativeConfig();
        classes.files().forEach((name, content) -> {
            if (name.startsWith(FOLDER)) {
                config.read(name, content);
            }
        });
        return config;
    }

    private void read(String name, byte[] content) {
        switch (name.substring(name.lastIndexOf('/') + 1)) {
            case "reflect-config.json" -> addWhole(Json.read(content, JsonNode.class), reflection);
            case "jni-config.json" -> addWhole(Json.read(content, JsonNode.class), jni);
            case "resource-config.json" ->
                Json.read(content, JsonNode.class)
                        .path("resources")
                        .path("includes")
                        .forEach(include -> resources.add(
                                Pattern.compile(include.path("pattern").asText())));
            case "native-image.properties" -> addArguments(content);
            default -> {
                // Proxies and serialisation: none of our business.
            }
        }
    }

    private void addWhole(JsonNode entries, Set<String> classes) {
        for (JsonNode entry : entries) {
            mentioned.add(entry.path("name").asText().replace('.', '/'));
            if (WHOLE.stream().allMatch(flag -> entry.path(flag).asBoolean())) {
                classes.add(entry.path("name").asText().replace('.', '/'));
            }
        }
    }

    private void addArguments(byte[] content) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(new String(content, StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (String argument : properties.getProperty("Args", "").split("\\s+", -1)) {
            if (argument.startsWith("--initialize-at-run-time=")) {
                String[] names = argument.substring(argument.indexOf('=') + 1)
                        .replace('.', '/')
                        .split(",", -1);
                atRunTime.addAll(List.of(names));
            }
        }
    }

    /** Classes whose constructors, methods and fields may all be used by reflection. */
    Set<String> reflection() {
        return reflection;
    }

    /** Likewise from native code. */
    Set<String> jni() {
        return jni;
    }

    /** Classes that are named at all, whatever is granted: Quarkus knows what a REST answer needs. */
    Set<String> mentioned() {
        return mentioned;
    }

    boolean includes(String resource) {
        return resources.stream().anyMatch(pattern -> pattern.matcher(resource).matches());
    }

    /** Whether a class is initialised when the process runs: it, its package or one of the packages around it is named. */
    boolean isAtRunTime(String internalName) {
        return atRunTime.stream().anyMatch(name -> internalName.equals(name) || internalName.startsWith(name + "/"));
    }

    /** Entries that grant everything, ready for a file. */
    static byte[] write(Set<String> internalNames) {
        List<Map<String, Object>> entries = internalNames.stream()
                .map(name -> {
                    Map<String, Object> entry = new LinkedHashMap<>();
                    entry.put("name", name.replace('/', '.'));
                    WHOLE.forEach(flag -> entry.put(flag, true));
                    return entry;
                })
                .toList();
        return Json.prettyBytes(entries);
    }
}
