package io.scanstream.local.aot;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.local.platform.Platform;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Scans by all three ways in: Kafka, the service's own address and the Open Inference Protocol. */
final class InferenceWorkload implements Workload {
    private static final int SCANS = 20;
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Override
    public void run(URI service, SampleModel model, Platform.Connections connections) throws InterruptedException {
        Caller caller = new Caller(service);
        String name = model.version().name();
        for (byte[] scan : model.scans()) {
            caller.post("/v1/models/" + name + "/score", "image/png", scan);
            caller.post("/v2/models/" + name + "/infer", "application/json", openInference(scan));
        }
        scoreOverKafka(model, connections.bootstrapServers());
        for (String path : List.of("/q/health/live", "/q/metrics", "/v1/models/" + name, "/v2/models/" + name)) {
            caller.get(path);
        }
    }

    private static byte[] openInference(byte[] scan) {
        return """
                {"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["%s"]}]}""".formatted(Base64.getEncoder().encodeToString(scan)).getBytes(StandardCharsets.UTF_8);
    }

    private static void scoreOverKafka(SampleModel model, String bootstrap) {
        try (KafkaConsumer<byte[], byte[]> scores = new KafkaConsumer<>(
                        Map.of(
                                "bootstrap.servers",
                                bootstrap,
                                "group.id",
                                "aot-" + UUID.randomUUID(),
                                "auto.offset.reset",
                                "earliest",
                                "isolation.level",
                                "read_committed"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer());
                KafkaProducer<byte[], byte[]> scans = new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrap), new ByteArraySerializer(), new ByteArraySerializer())) {
            scores.subscribe(List.of(Topics.SCORES));
            for (int i = 0; i < SCANS; i++) {
                byte[] scan = model.scans().get(i % model.scans().size());
                ProducerRecord<byte[], byte[]> message = new ProducerRecord<>(
                        Topics.SCANS, ScanId.next().toString().getBytes(StandardCharsets.UTF_8), scan);
                message.headers().add(ScanHeaders.MODEL, model.version().name().getBytes(StandardCharsets.UTF_8));
                var unused = scans.send(message);
            }
            scans.flush();
            awaitAll(scores);
        }
    }

    private static void awaitAll(KafkaConsumer<byte[], byte[]> scores) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        int read = 0;
        while (read < SCANS) {
            if (System.nanoTime() - until > 0) {
                throw new ScanstreamException(
                        ErrorCode.INTERNAL,
                        "of " + SCANS + " scans only " + read + " were scored over Kafka within " + PATIENCE.toSeconds()
                                + " s.");
            }
            read += scores.poll(Duration.ofMillis(200)).count();
        }
    }
}
