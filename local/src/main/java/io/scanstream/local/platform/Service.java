package io.scanstream.local.platform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One of the three services.
 *
 * @param name of its module without {@code -service}; its log and its folder are called so
 * @param module the folder of its jar
 * @param options of its JVM
 */
record Service(String name, String module, List<String> options) {
    /**
     * A decoded picture of half a region or more is an object of its own kind to G1 ("humongous"), and every few of them
     * start a marking of the whole heap beside the work. With its default of 1 MiB that is a picture of 418 pixels.
     */
    private static final String ROOM_FOR_PICTURES = "-XX:G1HeapRegionSize=8m";

    /** Without memory some thread dies, and the others would go on without what it did. */
    private static final String NOT_HALF_DEAD = "-XX:+ExitOnOutOfMemoryError";

    static final Service GATEWAY = new Service("gateway", "gateway", List.of("-Xmx512m", NOT_HALF_DEAD));
    static final Service TRAINER =
            new Service("trainer", "trainer-service", List.of("-Xmx3g", ROOM_FOR_PICTURES, NOT_HALF_DEAD));
    static final Service INFERENCE =
            new Service("inference", "inference-service", List.of("-Xmx1g", ROOM_FOR_PICTURES, NOT_HALF_DEAD));

    static final List<Service> ALL = List.of(GATEWAY, TRAINER, INFERENCE);
    static final List<String> NAMES = ALL.stream().map(Service::name).toList();

    static Service named(String name) {
        return ALL.stream()
                .filter(service -> service.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of " + NAMES + ", got " + name));
    }

    Path jar(Path project) {
        return project.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
    }

    /**
     * What has to be in the environment before the JVM starts: the lines {@code NAME=VALUE} of the module's file {@code
     * environment}, if it has one. What the user has set stays.
     */
    Map<String, String> environment(Path project) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String line : lines(project.resolve(module).resolve("environment"))) {
            int equals = line.indexOf('=');
            if (!line.startsWith("#") && equals > 0 && System.getenv(line.substring(0, equals)) == null) {
                environment.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return environment;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
