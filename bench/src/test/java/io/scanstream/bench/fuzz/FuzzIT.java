package io.scanstream.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Topics;
import io.scanstream.local.demo.Demo;
import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged gateway and inference service, gate on, under requests and records that nobody should send: no 5xx but 503,
 * 504 where the request sets a deadline and 505 where it is of another HTTP; no memory that grows, no restart, and nothing of
 * it in a log. {@code -Dscanstream.fuzz=100000} sends so many of each; an ordinary build sends fewer. {@code
 * -Dscanstream.fuzz.seed} sends others.
 */
@Tag("once")
class FuzzIT {
    private static final int COUNT = Integer.getInteger("scanstream.fuzz", 1_000);
    private static final long SEED = Long.getLong("scanstream.fuzz.seed", 1);
    private static final String KEY = "0123456789abcdef0123456789abcdef0123456789abcdef";
    private static final String MODEL = "demo-cnn";
    /** What caches, compiled code and metrics of new statuses may take after the first tenth. */
    private static final long GROWTH_BYTES = 96L << 20;

    /** Some of them say more than they send, and wait. */
    private static final int CLIENTS = 48;

    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final int PATIENCE_MS = (int) Duration.ofMinutes(20).toMillis();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** Its logs say more where this fails. */
    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path folder;

    @Test
    void survivesWhatNobodyShouldSend() throws Exception {
        Path scans = folder.resolve("scans");
        SampleGenerator.write(new SampleSet(24, 12, 32, 1), scans);
        byte[] image = Files.readAllBytes(scans.resolve("test/cancer/cancer-0001.png"));
        PlatformOptions plain =
                patient(PlatformOptions.in(folder.resolve("home"), Path.of(System.getProperty("scanstream.root"))));
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        try (Platform platform = Platform.start(plain, nowhere)) {
            new Demo(platform.gateway(), folder.resolve("demo"), nowhere, false)
                    .run(new Demo.Request(scans, "tissue", MODEL, 1, 7L));
        }

        PlatformOptions guarded = new PlatformOptions(
                plain.home(), plain.project(), guarded(), List.of("gateway", "inference"), plain.patience());
        try (Platform platform = Platform.start(guarded, nowhere)) {
            Map<String, Long> processes = new HashMap<>();
            platform.processes().forEach((name, process) -> processes.put(name, process.pid()));
            scores(platform, image);
            for (String service : List.of("gateway", "inference")) {
                URI at = service.equals("gateway") ? platform.gateway() : platform.inference();
                FuzzedRequests requests = new FuzzedRequests(at, SEED, KEY, image, archive());
                long pid = processes.get(service);
                Map<Integer, Integer> statuses = send(at, requests, COUNT / 10);
                long before = heapBytes(at, pid);
                send(at, requests, COUNT - COUNT / 10).forEach((status, n) -> statuses.merge(status, n, Integer::sum));
                long after = heapBytes(at, pid);
                report(service + ": " + COUNT + " requests, seed " + SEED + ", answers " + statuses
                        + ", heap after a tenth " + mib(before) + ", at the end " + mib(after));
                assertThat(statuses.keySet())
                        .as(service)
                        .allMatch(status -> status < 500 || status == 503 || status == 504 || status == 505);
                assertThat(statuses).as(service).doesNotContainKey(0).containsKey(200);
                assertThat(statuses.getOrDefault(503, 0))
                        .as("503 of " + service)
                        .isLessThan(COUNT / 20);
                assertThat(after - before)
                        .as("growth of the heap of " + service)
                        .isLessThan(GROWTH_BYTES);
            }

            URI inference = platform.inference();
            long pid = processes.get("inference");
            FuzzedRecords records = new FuzzedRecords(SEED, image);
            send(platform, records, COUNT / 10);
            long before = heapBytes(inference, pid);
            send(platform, records, COUNT - COUNT / 10);
            long after = heapBytes(inference, pid);
            report("inference: " + COUNT + " records, seed " + SEED + ", heap after a tenth " + mib(before)
                    + ", at the end " + mib(after));
            assertThat(after - before).as("growth of the heap under records").isLessThan(GROWTH_BYTES);

            scores(platform, image);
            Map<String, Long> left = new HashMap<>();
            platform.processes().forEach((name, process) -> {
                if (process.isAlive()) {
                    left.put(name, process.pid());
                }
            });
            assertThat(left).as("processes").isEqualTo(processes);
        }
        for (String service : List.of("gateway", "inference")) {
            Path log = plain.home().resolve("logs/" + service + ".log");
            assertThat(Files.readAllLines(log, StandardCharsets.UTF_8))
                    .as(service)
                    .noneMatch(
                            line -> line.contains(Odd.MARK) || line.contains("defect") || line.contains("X-Injected"))
                    .noneMatch(line -> line.contains(KEY) || line.contains("OutOfMemory"));
        }
    }

    private static PlatformOptions patient(PlatformOptions options) {
        return new PlatformOptions(
                options.home(), options.project(), options.environment(), options.services(), Duration.ofMinutes(10));
    }

    private static Map<String, String> guarded() {
        return Map.of(
                "SCANSTREAM_SECURITY_MODE",
                "on",
                "SCANSTREAM_SECURITY_KEYS",
                "fuzz " + Hashes.sha256(KEY.getBytes(StandardCharsets.UTF_8)) + " admin",
                "SCANSTREAM_SECURITY_WRITES_PER_SECOND",
                "0",
                "SCANSTREAM_SECURITY_SCORES_PER_SECOND",
                "0",
                // Clients that say more than they send are waited for.
                "QUARKUS_HTTP_READ_TIMEOUT",
                "3s",
                "SCANSTREAM_INFERENCE_HTTP_SILENCE",
                "3s",
                "SCANSTREAM_INFERENCE_MODEL_WAIT",
                "5s");
    }

    private static void report(String line) {
        System.out.println("fuzz: " + line);
    }

    private static String mib(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    /** Sends requests, some at once, and counts answers by status; 0: none came, and the connection stayed open. */
    private static Map<Integer, Integer> send(URI at, FuzzedRequests requests, int count) throws Exception {
        Map<Integer, Integer> statuses = new ConcurrentSkipListMap<>();
        AtomicInteger left = new AtomicInteger(count);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                running.add(clients.submit(() -> {
                    while (left.getAndDecrement() > 0) {
                        FuzzedRequests.Request request;
                        synchronized (requests) {
                            request = requests.next();
                        }
                        int status = status(at, request);
                        if (status == 504) {
                            assertThat(new String(request.bytes(), StandardCharsets.ISO_8859_1))
                                    .as("what asks for a deadline, and nothing else, is told that it is over")
                                    .containsIgnoringCase("deadline");
                        }
                        if (status == 0) {
                            report("without an answer: " + Odd.shown(request.bytes()));
                        }
                        statuses.merge(status, 1, Integer::sum);
                    }
                    return null;
                }));
            }
            for (Future<?> client : running) {
                client.get();
            }
        } finally {
            clients.shutdownNow();
        }
        return statuses;
    }

    /** The answer's status; -1 if the connection was closed without one, which is an answer too. */
    private static int status(URI at, FuzzedRequests.Request request) throws IOException {
        try (Socket socket = new Socket(at.getHost(), at.getPort())) {
            socket.setSoTimeout((int) ANSWER.toMillis());
            try {
                socket.getOutputStream().write(request.bytes());
                socket.getOutputStream().flush();
                if (request.hangsUp()) {
                    socket.shutdownOutput();
                }
            } catch (IOException e) {
                // Closed while we wrote: it has answered already, or will not.
            }
            String text = statusLine(socket.getInputStream());
            return text.matches("HTTP/1\\.[01] \\d{3}") ? Integer.parseInt(text.substring(9)) : -1;
        } catch (SocketTimeoutException e) {
            return 0;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Asks twice: where the machine stood still, the time was over before the service could answer. */
    private static String statusLine(InputStream answer) throws IOException {
        int first;
        try {
            first = answer.read();
        } catch (SocketTimeoutException e) {
            first = answer.read();
        }
        return first < 0 ? "" : (char) first + new String(answer.readNBytes(11), StandardCharsets.ISO_8859_1);
    }

    /** Sends records and waits until all of them are dealt with. */
    private static void send(Platform platform, FuzzedRecords records, int count) throws Exception {
        String brokers = platform.connections().bootstrapServers();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", brokers, "delivery.timeout.ms", PATIENCE_MS, "max.block.ms", PATIENCE_MS),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = 0; i < count; i++) {
                sent.add(producer.send(records.next()));
            }
        }
        for (Future<RecordMetadata> record : sent) {
            assertThat(record).as("a record that the broker took").succeedsWithin(Duration.ZERO);
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers, "default.api.timeout.ms", PATIENCE_MS))) {
            long until = System.nanoTime() + Duration.ofMillis(PATIENCE_MS).toNanos();
            while (behind(admin, Topics.SCANS, Topics.SCORERS_GROUP)
                            + behind(admin, Topics.SCANS_URGENT, Topics.URGENT_SCORERS_GROUP)
                    > 0) {
                assertThat(System.nanoTime()).as("all records are dealt with").isLessThan(until);
                Thread.sleep(200);
            }
        }
    }

    private static long behind(Admin admin, String topic, String group)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get()
                .get(topic)
                .partitions()
                .forEach(info -> asked.put(new TopicPartition(topic, info.partition()), OffsetSpec.latest()));
        var committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        long behind = 0;
        for (var end : admin.listOffsets(asked).all().get().entrySet()) {
            var offset = committed.get(end.getKey());
            // Markers of transactions are offsets too, only not at the ends of topics that we write without them.
            behind += end.getValue().offset() - (offset == null ? 0 : offset.offset());
        }
        return behind;
    }

    /** A scan comes back over both edges. */
    private static void scores(Platform platform, byte[] image) throws IOException, InterruptedException {
        HttpRequest direct = request(platform.inference().resolve("/v1/models/" + MODEL + "/score"))
                .header("Content-Type", "image/png")
                .POST(HttpRequest.BodyPublishers.ofByteArray(image))
                .build();
        assertThat(HTTP.send(direct, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
        HttpRequest queued = request(platform.gateway().resolve("/api/v1/scans?model=" + MODEL))
                .header("Prefer", "wait=60")
                .POST(HttpRequest.BodyPublishers.ofByteArray(image))
                .build();
        assertThat(HTTP.send(queued, HttpResponse.BodyHandlers.ofString()).body())
                .contains("\"SCORED\"");
    }

    private static HttpRequest.Builder request(URI at) {
        return HttpRequest.newBuilder(at).header("X-API-Key", KEY);
    }

    /** What is left on the heap after a collection. */
    private static long heapBytes(URI at, long pid) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        assertThat(new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isZero();
        String metrics = HTTP.send(request(at.resolve("/q/metrics")).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        return metrics.lines()
                .filter(line -> line.startsWith("jvm_memory_used_bytes") && line.contains("area=\"heap\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("train/a/" + Odd.MARK + ".png"));
            zip.write(new byte[500]);
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }
}
