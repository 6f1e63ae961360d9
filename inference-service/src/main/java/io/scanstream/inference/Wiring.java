package io.scanstream.inference;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.scanstream.access.AccessRules;
import io.scanstream.access.AuditLog;
import io.scanstream.access.http.RefusalForm;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.arrivals.ArrivalSettings;
import io.scanstream.inference.arrivals.Arrivals;
import io.scanstream.inference.arrivals.IncomingLayout;
import io.scanstream.inference.explanation.Explainer;
import io.scanstream.inference.http.HttpLimits;
import io.scanstream.inference.http.ProblemResponses;
import io.scanstream.inference.kafka.AnswerReports;
import io.scanstream.inference.kafka.ClaimedScans;
import io.scanstream.inference.kafka.KafkaSettings;
import io.scanstream.inference.kafka.ModelEvents;
import io.scanstream.inference.kafka.RecordScoring;
import io.scanstream.inference.kafka.ScanEdge;
import io.scanstream.inference.kafka.ShadowScoring;
import io.scanstream.inference.kafka.ShadowSettings;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.model.VersionStatus;
import io.scanstream.inference.scoring.AnswerTallies;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.storage.Incoming;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** Makes the parts of the service and starts and stops them in order. */
@Singleton
final class Wiring {
    /** For leaving the groups, ending the runs and everything else; with the drain's default below Kubernetes' 30 s. */
    private static final Duration AFTER_DRAIN = Duration.ofSeconds(15);

    private static final Duration A_MOMENT = Duration.ofSeconds(1);

    private final StoreOnDemand store;
    private final ServingSet serving;
    private final Scorer scorer;
    private final Explainer explainer;
    private final RecordScoring records;
    private final Scorer shadowScorer;
    private final ShadowScoring shadows;
    private final ScanEdge edge;
    private final StoreOnDemand incomingStore;
    private final @Nullable Arrivals arrivals;
    private final ModelEvents events;
    private final AnswerReports answerReports;
    private final HttpLimits limits;
    private final Duration drain;
    private long untilNanos;

    Wiring(
            InferenceConfig config,
            @Identifier("default-kafka-broker") Map<String, Object> kafka,
            MeterRegistry metrics,
            OpenTelemetry telemetry) {
        InferenceConfig.Inference inference = config.inference();
        int cores = Runtime.getRuntime().availableProcessors();
        long maxImageBytes = inference.maxImageBytes().asLongValue();
        ImageDecoder decoder =
                new ImageDecoder(new DecodeLimits(maxImageBytes, inference.maxImagePixels(), inference.maxImageSide()));
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
                inference.tuning(),
                OnnxSettings.Precision.of(inference.precision()),
                inference.spinning(),
                inference.tensorrt() ? config.cacheDir().resolve("tensorrt") : null));
        this.events = new ModelEvents(settings, this::nudge);
        // There from the start: Prometheus sees no increase from nothing to one.
        Counter refused = metrics.counter("scanstream.models.refused");
        this.serving = new ServingSet(
                new PublishedModels(store, new ModelLoader(runtime, decoder, metrics), config.cacheDir()),
                inference.namedVersions(),
                inference.listInterval(),
                new ServingSet.Listener() {
                    @Override
                    public void refused(ModelVersion version, ScanstreamException reason) {
                        refused.increment();
                        events.refused(version, reason);
                    }

                    @Override
                    public void forgotten(ModelVersion version) {
                        forget(version);
                    }
                },
                inference.memory().toMemory());
        metrics.gauge("scanstream.models.loaded", serving, Wiring::loaded);
        metrics.gauge("scanstream.models.bytes", serving, ServingSet::usedBytes);
        FunctionCounter.builder("scanstream.models.evicted", serving, ServingSet::evictions)
                .register(metrics);
        AnswerTallies answers = new AnswerTallies();
        this.scorer = new Scorer(
                new ScorerSettings(
                        cores,
                        inference.decodeThreads() == 0 ? cores : inference.decodeThreads(),
                        inference.latencyBudget(),
                        inference.waitingBytes().asLongValue()),
                decoder,
                metrics,
                answers::scored);
        this.answerReports = new AnswerReports(settings, answers::take, inference.answersInterval());
        this.explainer = new Explainer(scorer, inference.heatmapWithin(), inference.heatmaps());
        InferenceConfig.Arrivals arriving = config.arrivals();
        IncomingLayout layout = new IncomingLayout(arriving.prefix());
        this.incomingStore = arriving.bucket()
                .filter(bucket -> !bucket.equals(config.store().bucket()))
                .map(store::foreign)
                .orElse(store);
        Supplier<Incoming> incoming = () -> new Incoming(incomingStore.get(), layout.prefixes());
        this.arrivals = arriving.enabled()
                ? new Arrivals(
                        new ArrivalSettings(
                                layout,
                                arriving.every(),
                                arriving.pages(),
                                arriving.mostEnqueued(),
                                arriving.mostWaiting()),
                        settings,
                        incoming,
                        store,
                        metrics,
                        telemetry)
                : null;
        ClaimedScans claimed = new ClaimedScans(store, incoming, maxImageBytes);
        this.records = new RecordScoring(
                serving,
                scorer,
                claimed,
                inference.fetchers(),
                inference.fetchedBytes().asLongValue(),
                inference.modelWait(),
                metrics);
        ShadowSettings shadow = new ShadowSettings(
                inference.shadow().inFlight(), inference.shadow().bytes().asLongValue());
        this.shadowScorer = new Scorer(
                new ScorerSettings(1, 1, inference.latencyBudget(), shadow.bytes()), decoder, shadowed(metrics));
        this.shadows = ShadowScoring.toKafka(serving, shadowScorer, claimed, shadow, settings, metrics);
        this.edge = new ScanEdge(settings, records, store, shadows, metrics, telemetry);
        this.limits = new HttpLimits(inference.httpSettings(), metrics);
        this.drain = inference.drain();
    }

    void start(@Observes StartupEvent event) {
        ParentWatch.startIfAsked();
        Duration delay = ConfigProvider.getConfig()
                .getOptionalValue("quarkus.shutdown.delay", Duration.class)
                .orElse(Duration.ZERO);
        LastResort.endWithin(delay.plus(drain).plus(AFTER_DRAIN));
        serving.start();
        events.start();
        answerReports.start();
        edge.start();
        if (arrivals != null) {
            arrivals.start();
        }
    }

    /**
     * The first moment of the end: not ready any more, nothing new is let in over HTTP, and the Kafka edge takes no more. What
     * is in hand at either edge has the drain time from now on; Quarkus waits so long for requests in flight
     * ({@code quarkus.shutdown.timeout}) before it closes the port and {@link #stop} is called.
     */
    void end(@Observes ShutdownDelayInitiatedEvent event) {
        end();
    }

    private synchronized void end() {
        if (limits.isEnding()) {
            return;
        }
        untilNanos = System.nanoTime() + drain.toNanos();
        limits.end();
        edge.stop();
        if (arrivals != null) {
            arrivals.stop();
        }
    }

    void stop(@Observes ShutdownEvent event) {
        end();
        if (arrivals != null) {
            arrivals.close();
        }
        edge.close();
        shadows.close();
        events.close();
        records.close();
        // What is in Kafka's hand has been given back by now; answers over HTTP may use the rest of the time.
        scorer.close(Duration.ofNanos(Math.max(A_MOMENT.toNanos(), untilNanos - System.nanoTime())));
        answerReports.close();
        shadowScorer.close(Duration.ZERO);
        serving.close();
        incomingStore.close();
        store.close();
    }

    @Produces
    @Singleton
    AccessRules accessRules() {
        return InferenceAccess.RULES;
    }

    @Produces
    @Singleton
    AuditLog auditLog() {
        return new AuditLog("inference");
    }

    @Produces
    @Singleton
    RefusalForm refusalForm() {
        return ProblemResponses::refusal;
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
    Explainer explainer() {
        return explainer;
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

    /** Which parts have lost a thread for good; in ordinary times none. */
    List<String> dead() {
        List<String> dead = new ArrayList<>();
        if (!edge.alive()) {
            dead.add("scans");
        }
        if (!events.alive()) {
            dead.add("model events");
        }
        if (arrivals != null && !arrivals.alive()) {
            dead.add("arrivals");
        }
        return dead;
    }

    private void nudge() {
        serving.nudge();
    }

    private void forget(ModelVersion version) {
        scorer.forget(version);
        shadowScorer.forget(version);
        records.forget(version);
        edge.forget(version);
    }

    /** The same registry for a scorer whose work must not be counted as answers. */
    private static MeterRegistry shadowed(MeterRegistry metrics) {
        CompositeMeterRegistry shadowed = new CompositeMeterRegistry();
        shadowed.config().meterFilter(new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.withName(id.getName().replace("scanstream.", "scanstream.shadow."));
            }
        });
        return shadowed.add(metrics);
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
