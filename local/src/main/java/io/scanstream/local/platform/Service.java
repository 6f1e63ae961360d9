package io.scanstream.local.platform;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * One of the three services.
 *
 * @param name of its module without {@code -service}; its log and its folder are called so
 * @param module the folder of its jar
 * @param options of its JVM
 * @param environment beside what all services get; must be set before the JVM starts
 */
record Service(String name, String module, List<String> options, Map<String, String> environment) {
    /** Waiting threads that spin starve the others: OpenMP reads this when libtorch is loaded. */
    private static final Map<String, String> PASSIVE_WAIT = Map.of("OMP_WAIT_POLICY", "passive");

    static final Service GATEWAY = new Service("gateway", "gateway", List.of("-Xmx512m"), Map.of());
    static final Service TRAINER = new Service("trainer", "trainer-service", List.of("-Xmx3g"), PASSIVE_WAIT);
    static final Service INFERENCE = new Service("inference", "inference-service", List.of("-Xmx1g"), Map.of());

    static final List<Service> ALL = List.of(GATEWAY, TRAINER, INFERENCE);

    Path jar(Path project) {
        return project.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
    }
}
