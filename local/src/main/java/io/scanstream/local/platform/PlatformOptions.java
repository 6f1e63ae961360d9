package io.scanstream.local.platform;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How to start the platform.
 *
 * @param home for data, logs, ports and credentials; made if absent
 * @param project the folder that holds the built modules
 * @param environment for every service, beside the addresses of broker and store
 * @param services which to start, by name: {@code gateway}, {@code trainer}, {@code inference}
 * @param patience for each part to become ready
 */
public record PlatformOptions(
        Path home, Path project, Map<String, String> environment, List<String> services, Duration patience) {
    public PlatformOptions {
        home = home.toAbsolutePath().normalize();
        project = project.toAbsolutePath().normalize();
        environment = Map.copyOf(environment);
        services = List.copyOf(services);
    }

    /** All services. */
    public static PlatformOptions in(Path home, Path project) {
        return new PlatformOptions(home, project, Map.of(), Service.NAMES, Duration.ofSeconds(90));
    }
}
