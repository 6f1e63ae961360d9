package io.scanstream.local.aot;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.platform.Launched;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A training run: starts a packaged service on the JVM that runs this, works with it, and lets the JVM write what it has seen
 * as an AOT cache. A cache is good for the same JVM, the same jars and the same options for modules and native access; elsewhere
 * the JVM says so and starts without it.
 */
public final class AotTraining {
    /** The cache, beside {@code quarkus-run.jar}. */
    public static final String CACHE = "app.aot";

    /** The services that can be trained. */
    public static final List<String> SERVICES = List.of("gateway", "inference");

    /** The first Java that writes a cache at the end of a run. */
    private static final int JAVA = 25;

    private static final Duration READY = Duration.ofMinutes(3);

    /** The JVM writes the cache after the service has ended; that is the longest part. */
    private static final Duration END = Duration.ofMinutes(5);

    /** inference-service cuts itself off some seconds after its drain: here the JVM needs more time for its end. */
    private static final Map<String, String> ENVIRONMENT = Map.of("SCANSTREAM_INFERENCE_DRAIN", END.toString());

    /** The folder of a service in a project that is built. */
    public static Path packaged(Path project, String service) {
        String module = service.equals("gateway") ? service : service + "-service";
        return project.resolve(module).resolve("target/quarkus-app");
    }

    /**
     * Trains a service.
     *
     * @param service one of {@link #SERVICES}
     * @param app the folder of its {@code quarkus-run.jar}, in which the cache is written
     * @param out gets lines for people
     * @return the cache
     * @throws ScanstreamException {@code INVALID_REQUEST} if this Java is too old, the service is none of those or not built;
     *     {@code INTERNAL} with the end of its log if the service or the cache does not come about
     */
    public static Path train(String service, Path app, PrintStream out) throws InterruptedException {
        requireFit(service, app);
        Path home = temporary();
        try (Platform platform = Platform.start(new PlatformOptions(home, app, ENVIRONMENT, List.of(), READY), out)) {
            Path fresh = home.resolve(CACHE);
            Workload work = service.equals("gateway") ? Workload.GATEWAY : Workload.INFERENCE;
            SampleModel model = SampleModel.publish(platform.connections(), home.resolve("model"));
            try (Launched launched = platform.launch(service, app, List.of("-XX:AOTCacheOutput=" + fresh), Map.of())) {
                launched.awaitReady();
                out.println("  ready; sending requests");
                work.run(launched.address(), model, platform.connections());
                out.println("  writing the cache");
                launched.stop(END);
                return kept(fresh, app.resolve(CACHE), launched);
            }
        } finally {
            delete(home);
        }
    }

    private static void requireFit(String service, Path app) {
        if (!SERVICES.contains(service)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "--service: expected one of " + SERVICES + ", not " + service + ".");
        }
        if (Runtime.version().feature() < JAVA) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "An AOT cache needs Java " + JAVA + " or newer; this is " + Runtime.version() + " in "
                            + System.getProperty("java.home") + ". Set JAVA_HOME.");
        }
        Path jar = app.resolve("quarkus-run.jar");
        if (Files.notExists(jar)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, jar + " is missing. Build it: ./mvnw -Dquickly package");
        }
    }

    private static Path kept(Path fresh, Path cache, Launched launched) {
        try {
            if (Files.notExists(fresh)) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL, "the JVM wrote no cache; its log:\n" + Files.readString(launched.log()));
            }
            return Files.move(fresh, cache, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("scanstream-aot-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private AotTraining() {}
}
