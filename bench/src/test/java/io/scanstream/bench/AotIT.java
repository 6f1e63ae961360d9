package io.scanstream.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.scanstream.local.aot.AotTraining;
import io.scanstream.local.platform.Launched;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cache that was trained is one with which the service starts. */
class AotIT {
    private static final Path ROOT = Path.of(System.getProperty("scanstream.root"));

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gateway", "inference"})
    void aServiceStartsWithItsCache(String service) throws Exception {
        assumeThat(Runtime.version().feature()).as("AOT caches need Java 25").isGreaterThanOrEqualTo(25);
        Path app = folder.resolve("app");
        copy(AotTraining.packaged(ROOT, service), app);
        PrintStream log = System.err;

        Path cache = AotTraining.train(service, app, log);

        // Where the cache does not fit, the JVM ends in this mode.
        List<String> jvm = List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on");
        PlatformOptions options =
                new PlatformOptions(folder.resolve("home"), ROOT, Map.of(), List.of(), Duration.ofMinutes(3));
        try (Platform platform = Platform.start(options, log);
                Launched launched = platform.launch(service, app, jvm, Map.of())) {
            launched.awaitReady();
            launched.stop(Duration.ofMinutes(1));
        }
        assertThat(cache).isEqualTo(app.resolve("app.aot"));
    }

    /** With the files' times, by which the JVM knows its jars. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
