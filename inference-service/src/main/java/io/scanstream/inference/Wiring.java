package io.scanstream.inference;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.http.HttpLimits;
import io.scanstream.inference.http.HttpSettings;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.ModelEvents;
import io.scanstream.inference.kafka.RecordScoring;
import io.scanstream.inference.kafka.ScanEdge;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.model.VersionStatus;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.UUID;

/** Makes the parts of the service and starts and stops them in order. */
@Singleton
final class Wiring {
    private final StoreOnDemand store;
    private final ServingSet serving;
    private final Scorer scorer;
    private final RecordScoring records;
    private final ScanEdge edge;
    private final ModelEvents events;
    private final HttpLimits limits;

    Wiring(
            InferenceConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> kafka,
            MeterRegistry metrics) {
        InferenceConfig.Inference inference = config.inference();
        int cores = Runtime.getRuntime().availableProcessors();
        long maxImageBytes = inference.maxImageBytes().asLongValue();
        DecodeLimits defaults = DecodeLimits.defaults();
        ImageDecoder decoder =
                new ImageDecoder(new DecodeLimits(maxImageBytes, defaults.maxPixels(), defaults.maxSidePx()));
        this.store = new StoreOnDemand(config.store().toConfig());
        KafkaSettings settings = new KafkaSettings(
                kafka,
                instance(),
                inference.scansInHand(),
                Math.toIntExact(inference.bytesInHand().asLongValue()),
                inference.commitLinger(),
                inference.transactionTimeout(),
                inference.drain(),
                inference.repeatWindow());
        OnnxRuntime runtime = new OnnxRuntime(new OnnxSettings(
                OnnxSettings.Device.of(config.device()),
                inference.threads(),
                inference.maxBatch(),
                inference.maxBatchBytes().asLongValue(),
                inference.tuning()));
        this.events = new ModelEvents(settings, this::nudge);
        this.serving = new ServingSet(
                new PublishedModels(store, new ModelLoader(runtime, decoder), config.cacheDir()),
                inference.namedVersions(),
                inference.listInterval(),
                (version, reason) -> {
                    metrics.counter("scanstream.models.refused").increment();
                    events.refused(version, reason);
                });
        metrics.gauge("scanstream.models.loaded", serving, Wiring::loaded);
        this.scorer = new Scorer(
                new ScorerSettings(
                        cores,
                        inference.decodeThreads() == 0 ? cores : inference.decodeThreads(),
                        inference.latencyBudget(),
                        inference.waitingBytes().asLongValue()),
                decoder,
                metrics);
        this.records = new RecordScoring(
                serving, scorer, store, maxImageBytes, inference.fetchedBytes().asLongValue());
        this.edge = new ScanEdge(settings, records, store, metrics);
        this.limits = new HttpLimits(http(inference), metrics);
    }

    private static HttpSettings http(InferenceConfig.Inference inference) {
        InferenceConfig.Http http = inference.http();
        return new HttpSettings(
                inference.httpBytes().asLongValue(),
                http.images(),
                inference.maxImageBytes().asLongValue(),
                http.requestBytes().asLongValue(),
                http.requestImages(),
                http.unhurriedImages(),
                http.longestWait(),
                inference.httpPatience(),
                http.silence());
    }

    void start(@Observes StartupEvent event) {
        ParentWatch.startIfAsked();
        serving.start();
        events.start();
        edge.start();
    }

    void stop(@Observes ShutdownEvent event) {
        edge.close();
        events.close();
        records.close();
        scorer.close();
        serving.close();
        store.close();
    }

    @Produces
    @Singleton
    ServingSet serving() {
        return serving;
    }

    @Produces
    @Singleton
    Scorer scorer() {
        return scorer;
    }

    @Produces
    @Singleton
    ScanEdge edge() {
        return edge;
    }

    @Produces
    @Singleton
    HttpLimits limits() {
        return limits;
    }

    private void nudge() {
        serving.nudge();
    }

    private static double loaded(ServingSet serving) {
        return serving.status().stream()
                .filter(status -> status.state() == VersionStatus.State.LOADED)
                .count();
    }

    /** For people the host, for uniqueness the rest. */
    private static String instance() {
        String host = System.getenv().getOrDefault("HOSTNAME", "local");
        return host + "-" + UUID.randomUUID().toString().substring(0, 8);
    }
}
