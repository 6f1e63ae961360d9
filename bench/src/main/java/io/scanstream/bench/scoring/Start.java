package io.scanstream.bench.scoring;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.platform.Launched;
import io.scanstream.local.platform.Platform;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One start of a service, by the clock of its starter.
 *
 * @param seconds from the process's start to each moment, and of each stage of the model's way into memory
 */
record Start(Map<String, Double> seconds) {
    /** From the start of the process until its port takes connections. */
    static final String LISTENING = "listening";

    /** From there until it says that it is alive. */
    static final String ANSWERING = "answering";

    /** Until it says that it is ready. */
    static final String READY = "ready";

    /** Until the first score has come, from a model that was held against its golden scores. */
    static final String SCORED = "scored";

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofMinutes(1);
    private static final long PAUSE_MILLIS = 2;

    /** What inference-service tells of its loading, in seconds. */
    private static final Pattern STAGE =
            Pattern.compile("scanstream_models_load_seconds_sum\\{.*stage=\"(\\w+)\".*\\} (\\S+)");

    /** What is asked for a score, if anything is. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Scoring(String model, byte[] scan) {}

    /** Starts the service, waits for what is asked for, and stops it. */
    static Start of(Platform platform, String service, Path app, List<String> jvm, @Nullable Scoring scoring)
            throws IOException, InterruptedException {
        Map<String, Double> seconds = new LinkedHashMap<>();
        long begun = System.nanoTime();
        try (Launched launched = platform.launch(service, app, jvm, Map.of())) {
            Watch watch = new Watch(launched, begun, seconds);
            watch.until(LISTENING, watch::accepts);
            watch.until(ANSWERING, () -> watch.isOk(watch.get("/q/health/live")));
            if (scoring != null) {
                watch.until(SCORED, () -> watch.isOk(watch.score(scoring)));
                Matcher stages = STAGE.matcher(watch.text("/q/metrics"));
                while (stages.find()) {
                    seconds.put(stages.group(1), Double.parseDouble(stages.group(2)));
                }
            }
            watch.until(READY, () -> watch.isOk(watch.get("/q/health/ready")));
            launched.stop(STOP);
        }
        return new Start(seconds);
    }

    private interface Look {
        boolean isThere() throws InterruptedException;
    }

    /** Waits for moments of a start and notes them. */
    private record Watch(Launched launched, long begun, Map<String, Double> seconds, HttpClient http) {
        Watch(Launched launched, long begun, Map<String, Double> seconds) {
            this(launched, begun, seconds, HttpClient.newHttpClient());
        }

        void until(String moment, Look look) throws InterruptedException {
            while (!look.isThere()) {
                if (!launched.process().isAlive() || System.nanoTime() - begun > PATIENCE.toNanos()) {
                    throw new ScanstreamException(
                            ErrorCode.INTERNAL,
                            "a service was not " + moment + " within " + PATIENCE.toSeconds()
                                    + " s, or has ended; its log: " + launched.log());
                }
                Thread.sleep(PAUSE_MILLIS);
            }
            seconds.put(moment, (System.nanoTime() - begun) / 1e9);
        }

        boolean accepts() {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(
                        launched.address().getHost(), launched.address().getPort()));
                return true;
            } catch (IOException e) {
                // Not yet: the loop around this bounds how long.
                return false;
            }
        }

        HttpRequest get(String path) {
            return HttpRequest.newBuilder(address(path)).timeout(ANSWER).build();
        }

        HttpRequest score(Scoring scoring) {
            return HttpRequest.newBuilder(address("/v1/models/" + scoring.model() + "/score"))
                    .timeout(ANSWER)
                    .header("Content-Type", "image/jpeg")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(scoring.scan()))
                    .build();
        }

        boolean isOk(HttpRequest request) throws InterruptedException {
            try {
                return http.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200;
            } catch (IOException e) {
                // A service that has died is told of by the loop around this.
                return false;
            }
        }

        String text(String path) throws IOException, InterruptedException {
            return http.send(get(path), HttpResponse.BodyHandlers.ofString()).body();
        }

        private URI address(String path) {
            return launched.address().resolve(path);
        }
    }
}
