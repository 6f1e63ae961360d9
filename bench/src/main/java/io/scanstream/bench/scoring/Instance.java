package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.platform.Platform;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One more inference-service beside that of the platform, which can be stopped or killed. Ends with this process. */
final class Instance implements AutoCloseable {
    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration STOP = Duration.ofMinutes(1);

    private final Process process;

    private Instance(Process process) {
        this.process = process;
    }

    /** Starts one and waits until it is ready. */
    static Instance start(Path project, Path folder, Platform.Connections connections)
            throws IOException, InterruptedException {
        Files.createDirectories(folder);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path log = folder.resolve("inference-" + port + ".log");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-jar",
                        project.resolve("inference-service/target/quarkus-app/quarkus-run.jar")
                                .toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment()
                .putAll(Map.of(
                        ParentWatch.VARIABLE,
                        ParentWatch.STDIN,
                        "KAFKA_BOOTSTRAP_SERVERS",
                        connections.bootstrapServers(),
                        "SCANSTREAM_STORE_ENDPOINT",
                        connections.store().toString(),
                        "SCANSTREAM_STORE_ACCESS_KEY",
                        connections.credentials().accessKey(),
                        "SCANSTREAM_STORE_SECRET_KEY",
                        connections.credentials().secretKey(),
                        "SCANSTREAM_CACHE_DIR",
                        folder.resolve("cache-" + port).toString(),
                        "QUARKUS_HTTP_HOST",
                        "127.0.0.1",
                        "SCANSTREAM_SECURITY_MODE",
                        "off",
                        "QUARKUS_HTTP_PORT",
                        Integer.toString(port)));
        Instance instance = new Instance(builder.start());
        instance.awaitReady(URI.create("http://127.0.0.1:" + port + "/q/health/ready"), log);
        return instance;
    }

    private void awaitReady(URI health, Path log) throws IOException, InterruptedException {
        HttpClient http = HttpClient.newHttpClient();
        long until = System.nanoTime() + READY.toNanos();
        while (process.isAlive() && System.nanoTime() < until) {
            try {
                HttpRequest request = HttpRequest.newBuilder(health).build();
                if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // Not listening yet; the loop bounds how often.
            }
            Thread.sleep(100);
        }
        close();
        throw new ScanstreamException(
                ErrorCode.INTERNAL, "an instance did not become ready; its log:\n" + Files.readString(log));
    }

    /** SIGTERM, and waits for its end. */
    void terminate() throws InterruptedException {
        process.toHandle().destroy();
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            throw new ScanstreamException(
                    ErrorCode.INTERNAL, "an instance had not ended " + STOP.toSeconds() + " s after SIGTERM.");
        }
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
