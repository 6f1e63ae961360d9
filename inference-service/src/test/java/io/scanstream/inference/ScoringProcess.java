package io.scanstream.inference;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.arrivals.IncomingLayout;
import io.scanstream.inference.kafka.ClaimedScans;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.RecordScoring;
import io.scanstream.inference.kafka.ScanEdge;
import io.scanstream.inference.kafka.ShadowScoring;
import io.scanstream.inference.kafka.ShadowSettings;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;

/** The scoring edge in this process, with nothing else of the service around it. */
public final class ScoringProcess implements AutoCloseable {
    private final ScanEdge edge;
    private final ShadowScoring shadows;
    private final RecordScoring records;
    private final Scorer scorer;
    private final ServingSet serving;

    private ScoringProcess(
            ScanEdge edge, ShadowScoring shadows, RecordScoring records, Scorer scorer, ServingSet serving) {
        this.edge = edge;
        this.shadows = shadows;
        this.records = records;
        this.scorer = scorer;
        this.serving = serving;
    }

    /**
     * Starts.
     *
     * @param layout of incoming objects in the project's bucket
     */
    public static ScoringProcess start(Cluster cluster, Path cache, IncomingLayout layout) {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        ObjectStore store = cluster.models().store();
        ModelLoader loader = new ModelLoader(new OnnxRuntime(OnnxSettings.defaults(Device.CPU)), decoder);
        ServingSet serving = new ServingSet(
                new PublishedModels(() -> store, loader, cache), 2, Duration.ofMillis(500), (version, reason) -> {});
        Scorer scorer = new Scorer(ScorerSettings.defaults(), decoder, new SimpleMeterRegistry());
        ClaimedScans claimed = new ClaimedScans(() -> store, () -> new Incoming(store, layout.prefixes()), 100_000);
        RecordScoring records = new RecordScoring(serving, scorer, claimed, 1 << 20, new SimpleMeterRegistry());
        KafkaSettings kafka = settings(cluster);
        ShadowScoring shadows = ShadowScoring.toKafka(
                serving, scorer, claimed, new ShadowSettings(1, 1 << 20), kafka, new SimpleMeterRegistry());
        ScanEdge edge =
                new ScanEdge(kafka, records, () -> store, shadows, new SimpleMeterRegistry(), OpenTelemetry.noop());
        serving.start();
        edge.start();
        return new ScoringProcess(edge, shadows, records, scorer, serving);
    }

    public static KafkaSettings settings(Cluster cluster) {
        return new KafkaSettings(
                Map.of("bootstrap.servers", cluster.bootstrapServers()),
                "test-" + UUID.randomUUID(),
                64,
                1 << 20,
                Duration.ofMillis(100),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                10_000);
    }

    @Override
    public void close() {
        edge.close();
        shadows.close();
        records.close();
        scorer.close();
        serving.close();
    }
}
