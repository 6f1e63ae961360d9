package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.StoreServer;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.TinyModel.OnBlack;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.ModelMemory;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.Pins;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.model.VersionStatus;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.Scans;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers are made with the champion, by a scorer of their own; then shadows are offered them. */
class ShadowScoringTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());
    private static final String V1 = "20260101-000000-00000001";
    private static final String V2 = "20260102-000000-00000002";
    private static final String V3 = "20260103-000000-00000003";
    /** Benign, with some cancer in it. */
    private static final byte[] RED = TinyModel.png(200, 150, 30, 24, 24);

    private static final byte[] BLACK = TinyModel.png(0, 0, 0, 16, 16);
    private static final ShadowSettings SETTINGS = new ShadowSettings(4, 1 << 20);

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final List<ScanScored> written = new CopyOnWriteArrayList<>();
    private StoreServer models;
    private Scorer scorer;

    @BeforeEach
    void start() {
        models = StoreServer.start(folder.resolve("store"));
        open.push(models);
        scorer = new Scorer(ScorerSettings.defaults(), DECODER, new SimpleMeterRegistry());
        open.push(scorer);
        models.publishChampion(TinyModel.aModel().version(V1).write(folder.resolve(V1)));
    }

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void scoresAnAnsweredScanOnceMoreAndComparesTheDecisions() {
        shadow(V2, TinyModel.aModel().withThreshold(0.01));
        ServingSet serving = serving(ModelMemory.unlimited());
        ShadowScoring shadows = shadows(serving, SETTINGS, this::write);
        Outcome differs = answered(serving, RED);
        Outcome agrees = answered(serving, TinyModel.png(200, 10, 10, 16, 16));

        shadows.offer(List.of(differs, agrees));

        await().until(() -> written.size() == 2);
        assertThat(written).anySatisfy(score -> {
            assertThat(score.scanId()).isEqualTo(differs.scan().id());
            assertThat(score.version()).isEqualTo(V2);
            assertThat(score.decision()).isEqualTo("cancer");
            assertThat(score.arm()).isEqualTo("candidate");
        });
        assertThat(scored("false")).isEqualTo(1);
        assertThat(scored("true")).isEqualTo(1);
    }

    @Test
    void shadowsWhatAClaimTicketStandsFor() {
        shadow(V2, TinyModel.aModel().withThreshold(0.01));
        ServingSet serving = serving(ModelMemory.unlimited());
        ShadowScoring shadows = shadows(serving, SETTINGS, this::write);
        ScanId id = ScanId.next();
        ClaimTicket ticket = new Scans(models.store()).put(id, RED);
        ScanRecord claimed = record(id, Json.bytes(ticket), ScanHeaders.CLAIM_TICKET);
        ScanRecord gone = record(
                ScanId.next(),
                Json.bytes(new ClaimTicket(ticket.key() + "0", ticket.sizeBytes(), ticket.sha256())),
                ScanHeaders.CLAIM_TICKET);

        shadows.offer(List.of(answer(serving, claimed, RED), answer(serving, gone, RED)));

        await().until(() -> dropped("failed") == 1);
        await().until(() -> written.size() == 1);
        assertThat(written.get(0).scanId()).isEqualTo(id);
    }

    @Test
    void aShadowThatFailsIsCountedAndNothingElse() {
        shadow(V2, TinyModel.aModel().onBlack(OnBlack.GIVES_NAN));
        ServingSet serving = serving(ModelMemory.unlimited());
        ShadowScoring shadows = shadows(serving, SETTINGS, this::write);

        for (int i = 0; i < 2 * SETTINGS.inFlight(); i++) {
            int soFar = i;
            shadows.offer(List.of(answered(serving, BLACK)));
            await().until(() -> dropped("failed") == soFar + 1);
        }

        assertThat(written).isEmpty();
        // Each has left its place.
        shadows.offer(List.of(answered(serving, RED)));
        await().until(() -> written.size() == 1);
    }

    @Test
    void aShadowThatHangsHoldsNobodyUp() {
        shadow(V2, TinyModel.aModel());
        ServingSet serving = serving(ModelMemory.unlimited());
        CountDownLatch hanging = new CountDownLatch(1);
        ShadowScoring shadows = shadows(serving, SETTINGS, score -> {
            awaitQuietly(hanging);
            return write(score);
        });

        // All of this is on this thread, as it would be on that of the answers: were it held up, it would not end.
        for (int i = 0; i < 3 * SETTINGS.inFlight(); i++) {
            shadows.offer(List.of(answered(serving, RED)));
        }

        assertThat(dropped("busy")).isEqualTo(2 * SETTINGS.inFlight());
        assertThat(written).isEmpty();
        hanging.countDown();
        await().until(() -> written.size() == SETTINGS.inFlight());
    }

    @Test
    void scansThatAreTooLargeTogetherAreNotTakenUp() {
        shadow(V2, TinyModel.aModel());
        ServingSet serving = serving(ModelMemory.unlimited());
        ShadowScoring shadows = shadows(serving, new ShadowSettings(4, RED.length - 1), this::write);

        shadows.offer(List.of(answered(serving, RED)));

        assertThat(dropped("busy")).isEqualTo(1);
    }

    @Test
    void aShadowThatIsNotInMemoryIsNotLoaded() {
        shadow(V2, TinyModel.aModel());
        models.promote("tiny", V1);
        // The champion changed last: there is no room for the other.
        ServingSet serving = serving(new ModelMemory(17 << 20, Pins.none(), () -> 0));
        ShadowScoring shadows = shadows(serving, SETTINGS, this::write);

        shadows.offer(List.of(answered(serving, RED)));

        await().until(() -> dropped("not_loaded") == 1);
        assertThat(serving.status())
                .extracting(VersionStatus::state)
                .containsExactly(VersionStatus.State.LOADED, VersionStatus.State.ON_DEMAND);
    }

    @Test
    void aScoreThatIsNotWrittenIsCounted() {
        shadow(V2, TinyModel.aModel());
        ServingSet serving = serving(ModelMemory.unlimited());
        Deque<CompletableFuture<Void>> answers = new ArrayDeque<>();
        ShadowScoring shadows = shadows(serving, SETTINGS, score -> {
            if (answers.isEmpty()) {
                answers.add(new CompletableFuture<>());
                throw new IllegalStateException("no broker");
            }
            return CompletableFuture.failedFuture(new IllegalStateException("not acknowledged"));
        });

        shadows.offer(List.of(answered(serving, RED), answered(serving, RED)));

        await().until(() -> dropped("not_written") == 2);
    }

    @Test
    void shadowsNeitherItsOwnAnswersNorWhatWasRejectedNorModelsWithoutShadows() {
        models.publish(TinyModel.aModel().version(V2).write(folder.resolve(V2)));
        models.promote("tiny", "candidate", V1);
        models.promote("tiny", "other", V2);
        models.split("tiny", List.of(), List.of("candidate", "other"));
        models.publishChampion(TinyModel.aModel().named("alone").version(V3).write(folder.resolve(V3)));
        ServingSet serving = serving(ModelMemory.unlimited());
        ShadowScoring shadows = shadows(serving, SETTINGS, this::write);
        ScanRecord rejected = record(ScanId.next(), RED, "image/png");
        ScanstreamException reason = new ScanstreamException(ErrorCode.NOT_AN_IMAGE, "no image");

        shadows.offer(List.of(
                Outcome.rejected(rejected, reason, 1),
                Outcome.repeat(rejected),
                answer(serving, rejected, RED, "alone"),
                answered(serving, RED)));

        await().until(() -> written.size() == 1);
        assertThat(written.get(0).arm()).isEqualTo("other");
        assertThat(metrics.find("scanstream.shadow.dropped").counters()).isEmpty();
    }

    private void shadow(String version, TinyModel model) {
        models.publish(model.version(version).write(folder.resolve(version)));
        models.promote("tiny", "candidate", version);
        models.split("tiny", List.of(), List.of("candidate"));
    }

    private ServingSet serving(ModelMemory memory) {
        ServingSet serving = new ServingSet(
                new PublishedModels(models::store, new ModelLoader(RUNTIME, DECODER), folder.resolve("cache")),
                2,
                Duration.ofHours(1),
                (version, reason) -> {},
                memory);
        open.push(serving);
        serving.start();
        await().until(serving::ready);
        return serving;
    }

    private ShadowScoring shadows(ServingSet serving, ShadowSettings settings, ShadowScoring.Sink sink) {
        Scorer own = new Scorer(ScorerSettings.defaults(), DECODER, new SimpleMeterRegistry());
        open.push(own);
        ShadowScoring shadows =
                new ShadowScoring(serving, own, ClaimedScans.inStore(models::store, 100_000), settings, sink, metrics);
        open.push(shadows);
        return shadows;
    }

    private CompletableFuture<Void> write(ScanScored score) {
        written.add(score);
        return CompletableFuture.completedFuture(null);
    }

    private Outcome answered(ServingSet serving, byte[] image) {
        return answer(serving, record(ScanId.next(), image, "image/png"), image);
    }

    private Outcome answer(ServingSet serving, ScanRecord scan, byte[] image) {
        return answer(serving, scan, image, "tiny");
    }

    private Outcome answer(ServingSet serving, ScanRecord scan, byte[] image, String name) {
        LoadedModel model = serving.acquire(ModelRef.of(name, null, null), null).join();
        return Outcome.scored(scan, scorer.score(model, image, Urgency.ROUTINE).join(), null);
    }

    private static ScanRecord record(ScanId id, byte[] value, String contentType) {
        Headers headers = new RecordHeaders();
        headers.add(ScanHeaders.MODEL, ScanClient.utf8("tiny"));
        headers.add(ScanHeaders.CONTENT_TYPE, ScanClient.utf8(contentType));
        return ScanRecord.of(new ConsumerRecord<>(
                Topics.SCANS,
                0,
                0,
                0,
                TimestampType.CREATE_TIME,
                0,
                value.length,
                ScanClient.utf8(id.toString()),
                value,
                headers,
                Optional.empty()));
    }

    private double scored(String agrees) {
        return value(metrics.find("scanstream.shadow.scored")
                .tags("model", "tiny", "version", V1, "shadow", V2, "agrees", agrees)
                .counter());
    }

    private double dropped(String reason) {
        return value(metrics.find("scanstream.shadow.dropped")
                .tags("model", "tiny", "reason", reason)
                .counter());
    }

    private static double value(@Nullable Counter counter) {
        return counter == null ? 0 : counter.count();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
