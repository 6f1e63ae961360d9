package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The images of the three services as folders: their steps are done, and what they start runs as their user, on a file system
 * that it cannot write, until it is healthy, and ends on SIGTERM. Without root or a JDK 25 it is skipped.
 */
class ImageIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long HEALTHY_WITHIN_SECONDS = 90;

    private static Path java;
    private static EmbeddedBroker broker;
    private static EmbeddedObjectStore store;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "mounts need root");
        assumeTrue(
                new ProcessBuilder("unshare", "--mount", "true")
                                .inheritIO()
                                .start()
                                .waitFor()
                        == 0,
                "mounts are not allowed here");
        java = jdk25();
        broker = EmbeddedBroker.start(folder.resolve("broker"));
        TopicSetup.create(broker.bootstrapServers());
        store = EmbeddedObjectStore.start(folder.resolve("store"));
    }

    private static Path jdk25() throws IOException {
        String own = System.getProperty("java.home");
        if (Runtime.version().feature() == 25) {
            return Path.of(own);
        }
        Path all = Path.of("/usr/lib/jvm");
        assumeTrue(Files.exists(all), "no JDK 25 here");
        try (Stream<Path> homes = Files.list(all)) {
            Path found = homes.filter(home -> home.getFileName().toString().contains("-25-"))
                    .filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .findFirst()
                    .orElse(null);
            assumeTrue(found != null, "no JDK 25 here");
            return found.toRealPath();
        }
    }

    @AfterAll
    static void stop() {
        if (store != null) {
            store.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Project.Service.class)
    void becomesHealthyWritesJsonAndEndsOnSigterm(Project.Service service, @TempDir Path folder) throws Exception {
        Dockerfile dockerfile =
                Dockerfile.read(Project.ROOT.resolve(service.module).resolve("src/main/docker/Dockerfile"));
        ImageFolder image = new ImageFolder(dockerfile, folder.resolve("image"), java);
        String port = Integer.toString(freePort());
        Path log = folder.resolve("log");

        Process process = image.inside(Dockerfile.words(dockerfile.image().one("ENTRYPOINT")), settings(port))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            awaitHealthy(image, dockerfile, process, port, log);
            // The first signal goes to the script's process, which has become the service.
            process.toHandle().destroy();

            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as(Files.readString(log))
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(log);
        assertThat(lines).isNotEmpty();
        for (String line : lines) {
            JsonNode entry = JSON.readTree(line);
            assertThat(entry.has("message") && entry.has("level") && entry.has("timestamp"))
                    .as(line)
                    .isTrue();
        }
    }

    private static Map<String, String> settings(String port) {
        Map<String, String> settings = new HashMap<>();
        settings.put("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        settings.put("SCANSTREAM_STORE_ENDPOINT", store.endpoint().toString());
        settings.put("SCANSTREAM_STORE_ACCESS_KEY", store.credentials().accessKey());
        settings.put("SCANSTREAM_STORE_SECRET_KEY", store.credentials().secretKey());
        settings.put("SCANSTREAM_DEVICE", "cpu");
        settings.put("SCANSTREAM_SECURITY_MODE", "off");
        settings.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        settings.put("QUARKUS_HTTP_PORT", port);
        return settings;
    }

    /** By the image's own health check, on another port. */
    private static void awaitHealthy(ImageFolder image, Dockerfile dockerfile, Process process, String port, Path log)
            throws IOException, InterruptedException {
        String check = dockerfile.image().one("HEALTHCHECK");
        List<String> command =
                List.of(Dockerfile.words(check.substring(check.indexOf('['))).get(0), port);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(HEALTHY_WITHIN_SECONDS);
        while (image.inside(command, Map.of()).redirectErrorStream(true).start().waitFor() != 0) {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(deadline);
            Thread.sleep(500);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
