package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.StoreServer;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.ModelRef;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.PublishedModels;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.ScorerSettings;
import io.scanstream.inference.scoring.Urgency;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Scans;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Without Kafka, on a real store that fails where a test says so. */
class RecordScoringTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final ImageDecoder DECODER = new ImageDecoder(DecodeLimits.defaults());
    private static final String V1 = "20260101-000000-00000001";
    private static final byte[] RED = TinyModel.png(200, 20, 30, 24, 24);
    private static final byte[] NO_IMAGE = ScanClient.utf8("no image");
    private static final Duration LONG = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private StoreServer models;
    private Scorer scorer;
    private ServingSet serving;

    @BeforeEach
    void start() {
        models = opened(StoreServer.start(folder.resolve("store")));
        models.publishChampion(TinyModel.aModel().version(V1).write(folder.resolve("v1")));
        scorer = opened(new Scorer(ScorerSettings.defaults(), DECODER, metrics));
        serving = serving(models::store);
    }

    @AfterEach
    void close() throws Exception {
        while (!open.isEmpty()) {
            open.pop().close();
        }
    }

    @Test
    void anErrorWhileAScanIsFetchedLeavesNothingBehind() {
        boolean[] failing = {true};
        RecordScoring records = records(LONG, 1, () -> {
            if (failing[0]) {
                throw new OutOfMemoryError("pretended");
            }
            return models.store();
        });
        LoadedModel model = serving.acquire(ModelRef.of("tiny", V1, null), null).join();
        model.release();

        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(score(records, claimed(RED, null))::join).hasCauseInstanceOf(OutOfMemoryError.class);
        }
        failing[0] = false;

        assertThat(score(records, claimed(RED, null)).join().event()).isInstanceOf(ScanScored.class);
        serving.close();
        assertThatThrownBy(model::acquire).as("somebody still uses the model").hasMessageContaining("closed");
    }

    @Test
    void anErrorWhileAScanIsScoredIsNotTheScans() {
        RecordScoring records = records(LONG, 1 << 20, models::store);

        CompletableFuture<Outcome> outcome = records.score(inline(RED, null, V1), Urgency.ROUTINE, () -> {
            throw new OutOfMemoryError("pretended");
        });

        assertThatThrownBy(outcome::join).hasCauseInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void aScanThatIsLateWhenItIsFetchedIsNotDecodedAndNoDeadLetter() {
        Instant deadline = Instant.now().plusMillis(300);
        RecordScoring records = records(LONG, 1 << 20, () -> {
            awaitPassed(deadline);
            return models.store();
        });
        // If it were decoded it would be told that it is no image.
        Outcome outcome = score(records, claimed(NO_IMAGE, deadline)).join();

        assertThat(outcome.rejection()).isNotNull();
        assertThat(outcome.rejection().code()).isEqualTo(ErrorCode.DEADLINE_EXPIRED);
        assertThat(outcome.isDeadLetter()).isFalse();
    }

    @Test
    void aScanThatIsLateWhileItsModelLoadsIsNoDeadLetter() {
        Instant deadline = Instant.now().plusMillis(300);
        serving = serving(() -> {
            awaitPassed(deadline.plusMillis(300));
            throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "slow");
        });
        RecordScoring records = records(LONG, 1 << 20, models::store);

        Outcome outcome = score(records, inline(RED, deadline, V1)).join();

        assertThat(outcome.rejection().code()).isEqualTo(ErrorCode.DEADLINE_EXPIRED);
    }

    @Test
    void aModelThatCannotBeLoadedFromAStoreThatAnswersIsWaitedForSoLongAndNoLonger() {
        serving = serving(() -> {
            throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "its package is not to be had");
        });

        RecordScoring patient = records(LONG, 1 << 20, models::store);
        assertThatThrownBy(score(patient, inline(RED, null, V1))::join)
                .cause()
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));

        RecordScoring impatient = records(Duration.ZERO, 1 << 20, models::store);
        Outcome outcome = score(impatient, inline(RED, null, V1)).join();
        assertThat(outcome.rejection().code()).isEqualTo(ErrorCode.MODEL_LOADING);
        assertThat(outcome.isDeadLetter()).isTrue();
    }

    @Test
    void aStoreThatIsDownIsWaitedForHoweverLong() {
        Supplier<ObjectStore> down = () -> {
            throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
        };
        serving = serving(down);
        RecordScoring impatient = records(Duration.ZERO, 1 << 20, down);

        assertThatThrownBy(score(impatient, inline(RED, null, V1))::join)
                .cause()
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE));
    }

    @Test
    void anOutcomeSaysWhichVersionTriedAndNeverWhatTheSenderWrote() {
        RecordScoring records = records(LONG, 1 << 20, models::store);

        assertThat(score(records, inline(NO_IMAGE, null, null)).join().version())
                .isEqualTo(new ModelVersion("tiny", V1));
        assertThat(score(records, inline(RED, null, null)).join().version()).isEqualTo(new ModelVersion("tiny", V1));
        Outcome unknown =
                score(records, inline(RED, null, "20260101-000000-ffffffff")).join();
        assertThat(unknown.rejection().code()).isEqualTo(ErrorCode.UNKNOWN_MODEL);
        assertThat(unknown.version()).isNull();
    }

    @Test
    void rejectionsAreCountedByTheVersionThatTriedElseAsUnknown() {
        RecordScoring records = records(LONG, 1 << 20, models::store);
        EdgeMetrics edge = new EdgeMetrics(metrics, Topics.SCANS);

        edge.written(
                List.of(
                        score(records, inline(NO_IMAGE, null, null)).join(),
                        score(records, inline(RED, null, "20260101-000000-ffffffff"))
                                .join(),
                        score(records, claimed(RED, null)).join()),
                1);

        assertThat(metrics.get("scanstream.scans.rejected")
                        .tags("code", "NOT_AN_IMAGE", "model", "tiny", "version", V1)
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(metrics.get("scanstream.scans.rejected")
                        .tags("code", "UNKNOWN_MODEL", "model", "unknown", "version", "unknown")
                        .counter()
                        .count())
                .isEqualTo(1);
        for (String stage : new String[] {"queue", "fetch", "decode", "batch", "run", "produce"}) {
            assertThat(metrics.get("scanstream.stage")
                            .tags("stage", stage, "model", "tiny", "version", V1)
                            .timer()
                            .count())
                    .as(stage)
                    .isPositive();
        }
    }

    private RecordScoring records(Duration modelWait, long fetchedBytes, Supplier<ObjectStore> of) {
        return opened(new RecordScoring(
                serving, scorer, ClaimedScans.inStore(of, 100_000), 8, fetchedBytes, modelWait, metrics));
    }

    private ServingSet serving(Supplier<ObjectStore> of) {
        ServingSet serving = opened(new ServingSet(
                new PublishedModels(of, new ModelLoader(RUNTIME, DECODER), folder.resolve("cache")),
                2,
                Duration.ofHours(1),
                (version, reason) -> {}));
        serving.start();
        return serving;
    }

    private static CompletableFuture<Outcome> score(RecordScoring records, ScanRecord scan) {
        return records.score(scan, Urgency.ROUTINE, () -> true);
    }

    private ScanRecord inline(byte[] image, @Nullable Instant deadline, @Nullable String version) {
        Map<String, String> headers = new HashMap<>();
        if (version != null) {
            headers.put(ScanHeaders.MODEL_VERSION, version);
        } else {
            headers.put(ScanHeaders.MODEL_ALIAS, ScanHeaders.CHAMPION);
        }
        return record(ScanId.next(), image, deadline, headers);
    }

    private ScanRecord claimed(byte[] image, @Nullable Instant deadline) {
        ScanId id = ScanId.next();
        byte[] ticket = Json.bytes(new Scans(models.store()).put(id, image));
        return record(
                id,
                ticket,
                deadline,
                Map.of(ScanHeaders.CONTENT_TYPE, ScanHeaders.CLAIM_TICKET, ScanHeaders.MODEL_VERSION, V1));
    }

    private static ScanRecord record(ScanId id, byte[] value, @Nullable Instant deadline, Map<String, String> headers) {
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>(Topics.SCANS, 0, 0, ScanClient.utf8(id.toString()), value);
        record.headers().add(ScanHeaders.MODEL, ScanClient.utf8("tiny"));
        headers.forEach((name, text) -> record.headers().add(name, ScanClient.utf8(text)));
        if (deadline != null) {
            record.headers().add(ScanHeaders.DEADLINE, ScanClient.utf8(deadline.toString()));
        }
        return ScanRecord.of(record);
    }

    private static void awaitPassed(Instant moment) {
        while (!Instant.now().isAfter(moment)) {
            Thread.onSpinWait();
        }
    }

    private <T extends AutoCloseable> T opened(T closeable) {
        open.push(closeable);
        return closeable;
    }
}
