package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.Withdrawal;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.StoreServer;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.storage.Notices;
import io.scanstream.storage.ObjectStore;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingSetTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final Duration RARELY = Duration.ofHours(1);
    private static final String V1 = "20260101-000000-00000001";
    private static final String V2 = "20260102-000000-00000002";
    private static final String V3 = "20260103-000000-00000003";

    @TempDir
    Path folder;

    private final List<ModelVersion> refused = new CopyOnWriteArrayList<>();
    private final List<ModelVersion> forgotten = new CopyOnWriteArrayList<>();
    private StoreServer models;
    private @Nullable ServingSet serving;

    @BeforeEach
    void startStore() {
        models = StoreServer.start(folder.resolve("store"));
    }

    @AfterEach
    void stopStore() {
        if (serving != null) {
            serving.close();
        }
        models.close();
    }

    @Test
    void isReadyWithoutAnyModel() {
        started();
    }

    @Test
    void servesTheChampion() {
        champion(V1, 0);

        assertThat(acquiredVersion(started(), null)).isEqualTo(V1);
    }

    @Test
    void replacesTheChampionAndLetsTheOldOneFinishItsRuns() {
        champion(V1, 0);
        ServingSet set = started();
        LoadedModel old = acquire(set, null);
        champion(V2, 0);

        set.nudge();

        await().until(() -> acquiredVersion(set, null).equals(V2));
        await().until(() -> set.status().size() == 1);
        assertThatCode(() -> old.run(List.of(new byte[old.input().sizeBytes()]), Set.of("probabilities")))
                .doesNotThrowAnyException();
        old.release();
        assertThat(catchThrowableOfType(IllegalStateException.class, old::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void aVersionThatIsRefusedNeverServesAndTheOneBeforeStays() {
        champion(V1, 0);
        ServingSet set = started();
        champion(V2, 0.5);

        set.nudge();
        await().until(() -> !refused.isEmpty());
        set.nudge();
        await().until(() -> set.status().size() == 2);

        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
        assertThat(refused).containsExactly(new ModelVersion("tiny", V2));
        assertThat(set.status().get(1)).satisfies(status -> {
            assertThat(status.state()).isEqualTo(VersionStatus.State.REFUSED);
            assertThat(status.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
            assertThat(status.reason()).contains("golden image");
        });
        assertThat(failure(set, V2)).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
    }

    @Test
    void afterARestartTheVersionBeforeARefusedChampionServes() {
        champion(V1, 0);
        champion(V2, 0.5);

        assertThat(acquiredVersion(started(), null)).isEqualTo(V1);
    }

    @Test
    void isReadyWithARefusedChampionAndNoneBefore() {
        champion(V1, 0.5);

        ServingSet set = started();

        assertThat(failure(set, null)).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED);
    }

    @Test
    void findsAChampionThatNoEventAnnounced() {
        ServingSet set = started();
        champion(V1, 0);

        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
    }

    @Test
    void aChampionThatWasWithdrawnServesNoMore() {
        champion(V1, 0);
        ServingSet set = started();
        models.promote("tiny", null);

        set.nudge();

        await().until(() -> set.status().isEmpty());
        assertThat(failure(set, null)).isEqualTo(ErrorCode.UNKNOWN_MODEL);
    }

    @Test
    void aVersionThatWasWithdrawnServesNoMoreNotEvenByItsName() {
        champion(V1, 0);
        champion(V2, 0);
        ServingSet set = started();
        acquire(set, V2).release();

        new Notices(models.store())
                .withdraw(new ModelVersion("tiny", V2), new Withdrawal("ada", "wrong labels", Instant.now()));
        models.promote("tiny", V1);
        set.nudge();

        await().until(() -> set.status().size() == 1);
        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
        assertThat(failure(set, V2)).isEqualTo(ErrorCode.MODEL_WITHDRAWN);
    }

    @Test
    void aWithdrawnChampionGivesWayBeforeItsAliasIsMoved() {
        champion(V1, 0);
        champion(V2, 0);
        new Notices(models.store())
                .withdraw(new ModelVersion("tiny", V2), new Withdrawal("ada", "wrong labels", Instant.now()));

        assertThat(acquiredVersion(started(), null)).isEqualTo(V1);
    }

    @Test
    void aChampionThatIsWithdrawnWhileItServesGivesWayBeforeItsAliasIsMoved() {
        champion(V1, 0);
        champion(V2, 0);
        ServingSet set = started();
        assertThat(acquiredVersion(set, null)).isEqualTo(V2);

        new Notices(models.store())
                .withdraw(new ModelVersion("tiny", V2), new Withdrawal("ada", "wrong labels", Instant.now()));
        set.nudge();

        await().until(() -> acquiredVersion(set, null).equals(V1));
    }

    @Test
    void loadsAVersionThatIsNamedChampionOrNot() {
        champion(V1, 0);
        publish(V2, 0);

        assertThat(acquiredVersion(started(), V2)).isEqualTo(V2);
    }

    @Test
    void keepsOnlyTheLatestOfTheVersionsThatWereNamed() {
        publish(V1, 0);
        publish(V2, 0);
        publish(V3, 0);
        ServingSet set = started();

        acquire(set, V1).release();
        acquire(set, V2).release();
        acquire(set, V3).release();

        await().until(() -> set.status().size() == 2);
        assertThat(set.status().stream().map(status -> status.model().version()))
                .containsExactly(V2, V3);
    }

    @Test
    void whatTheStoreDoesNotHaveIsUnknown() {
        champion(V1, 0);
        ServingSet set = started();

        assertThat(failure(set, "20200101-000000-00000000")).isEqualTo(ErrorCode.UNKNOWN_MODEL);
        assertThat(failure(set, ModelRef.of("nobody", null, null), null)).isEqualTo(ErrorCode.UNKNOWN_MODEL);
        assertThat(failure(set, ModelRef.of("tiny", null, "canary"), null)).isEqualTo(ErrorCode.UNKNOWN_MODEL);
    }

    @Test
    void waitsForAStoreThatDoesNotAnswer() {
        champion(V1, 0);
        AtomicBoolean down = new AtomicBoolean(true);
        ServingSet set = set(() -> {
            if (down.get()) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
            }
            return models.store();
        });

        set.start();
        assertThat(failure(set, null)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(failure(set, V1)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(set.ready()).isFalse();
        down.set(false);

        await().until(set::ready);
        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
        assertThat(refused).isEmpty();
    }

    @Test
    void waitsNoLongerThanTheDeadline() {
        champion(V1, 0);
        CountDownLatch blocked = new CountDownLatch(1);
        ServingSet set = set(() -> {
            awaitQuietly(blocked);
            return models.store();
        });

        ErrorCode code =
                failure(set, ModelRef.of("tiny", V1, null), Instant.now().plusMillis(50));

        assertThat(code).isEqualTo(ErrorCode.DEADLINE_EXPIRED);
        blocked.countDown();
        // The version that came too late for its scan is not held by it: with the set's end it has no user left.
        LoadedModel model = acquire(set, V1);
        model.release();
        set.close();
        assertThat(catchThrowableOfType(IllegalStateException.class, model::acquire))
                .hasMessageContaining("is closed");
    }

    @Test
    void aDeadlineHoldsNoModelThatCameBeforeIt() {
        champion(V1, 0);
        CountDownLatch blocked = new CountDownLatch(1);
        ServingSet set = set(() -> {
            awaitQuietly(blocked);
            return models.store();
        });
        CompletableFuture<LoadedModel> inTime =
                set.acquire(ModelRef.of("tiny", V1, null), Instant.now().plusSeconds(3600));
        blocked.countDown();
        WeakReference<LoadedModel> model = new WeakReference<>(inTime.join());
        inTime.join().release();
        inTime = null;
        set.close();

        await().until(() -> {
            System.gc();
            return model.get() == null;
        });
    }

    @Test
    void onePackageThatTheStoreDoesNotGiveHoldsUpNoOther() {
        champion(V1, 0);
        models.publishChampion(TinyModel.aModel().named("bad").write(folder.resolve("bad")));
        AtomicBoolean first = new AtomicBoolean();
        // The alias that changed last is looked at first: of each listing the first package does not come.
        ServingSet set = set(() -> {
            if (isCalledBy("traffic")) {
                first.set(true);
            }
            if (isCalledBy("load") && first.getAndSet(false)) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "this one is broken");
            }
            return models.store();
        });

        set.start();

        await().until(set::ready);
        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
        assertThat(refused).isEmpty();
        assertThat(set.status().stream().map(status -> status.model().name())).doesNotContain("bad");
    }

    @Test
    void isNotReadyWhileTheStoreGivesNothing() {
        champion(V1, 0);
        AtomicBoolean down = new AtomicBoolean(true);
        ServingSet set = set(() -> {
            if (isCalledBy("load") && down.get()) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
            }
            return models.store();
        });

        set.start();
        assertThat(failure(set, null)).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
        assertThat(set.ready()).isFalse();
        down.set(false);

        await().until(set::ready);
    }

    private static boolean isCalledBy(String method) {
        return StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(PublishedModels.class.getName())
                        && frame.getMethodName().equals(method)));
    }

    @Test
    void anAliasThatCannotBeReadHoldsUpNoOtherAndStaysAsItWas() {
        models.publish(TinyModel.aModel().named("broken").write(folder.resolve("broken")));
        byte[] garbage = "no json".getBytes(StandardCharsets.UTF_8);
        models.store().put("aliases/broken/champion/000001.json", garbage);
        champion(V1, 0);
        ServingSet set = started();
        assertThat(acquiredVersion(set, null)).isEqualTo(V1);

        models.store().put("aliases/tiny/champion/000002.json", garbage);
        models.publishChampion(TinyModel.aModel().named("next").write(folder.resolve("next")));
        set.nudge();

        await().until(() -> set.status().size() == 2);
        assertThat(acquiredVersion(set, null)).isEqualTo(V1);
    }

    @Test
    void aVersionThatFoundNoMemoryIsTriedAgain() {
        champion(V1, 0);
        AtomicBoolean isShort = new AtomicBoolean(true);
        ServingSet set = set(() -> {
            if (isCalledBy("load") && isShort.getAndSet(false)) {
                throw new OutOfMemoryError("a test's");
            }
            return models.store();
        });

        assertThat(failure(set, V1)).isEqualTo(ErrorCode.OVERLOADED);

        assertThat(acquiredVersion(set, V1)).isEqualTo(V1);
        assertThat(refused).isEmpty();
    }

    @Test
    void forgetsAVersionOnceItsLastRunHasEnded() {
        champion(V1, 0);
        ServingSet set = started();
        LoadedModel old = acquire(set, null);
        champion(V2, 0);
        set.nudge();
        await().until(() -> acquiredVersion(set, null).equals(V2));
        set.nudge();
        await().until(() -> set.status().size() == 1);
        champion(V3, 0);
        set.nudge();
        await().untilAsserted(() -> assertThat(forgotten).containsExactly(new ModelVersion("tiny", V2)));

        old.release();
        set.nudge();

        await().untilAsserted(() ->
                assertThat(forgotten).containsExactly(new ModelVersion("tiny", V2), new ModelVersion("tiny", V1)));
    }

    @Test
    void leavesNoPackageOnDisk() throws IOException {
        champion(V1, 0);
        started();

        try (Stream<Path> left = Files.list(folder.resolve("cache"))) {
            assertThat(left).isEmpty();
        }
    }

    private void champion(String version, double goldensOffBy) {
        publish(version, goldensOffBy);
        models.promote("tiny", version);
    }

    private void publish(String version, double goldensOffBy) {
        models.publish(TinyModel.aModel()
                .version(version)
                .withGoldensOffBy(goldensOffBy)
                .write(folder.resolve("package-" + version)));
    }

    private ServingSet set(Supplier<ObjectStore> store) {
        ModelLoader loader = new ModelLoader(RUNTIME, new ImageDecoder(DecodeLimits.defaults()));
        serving = new ServingSet(
                new PublishedModels(store, loader, folder.resolve("cache")), 2, RARELY, new ServingSet.Listener() {
                    @Override
                    public void refused(ModelVersion version, ScanstreamException reason) {
                        refused.add(version);
                    }

                    @Override
                    public void forgotten(ModelVersion version) {
                        forgotten.add(version);
                    }
                });
        return serving;
    }

    private ServingSet started() {
        ServingSet set = set(models::store);
        set.start();
        await().until(set::ready);
        return set;
    }

    private static LoadedModel acquire(ServingSet set, @Nullable String version) {
        return set.acquire(ModelRef.of("tiny", version, ScanHeaders.CHAMPION), null)
                .join();
    }

    private static String acquiredVersion(ServingSet set, @Nullable String version) {
        LoadedModel model = acquire(set, version);
        model.release();
        return model.version().version();
    }

    private static ErrorCode failure(ServingSet set, @Nullable String version) {
        return failure(set, ModelRef.of("tiny", version, null), null);
    }

    private static ErrorCode failure(ServingSet set, ModelRef ref, @Nullable Instant deadline) {
        CompletionException failure = catchThrowableOfType(
                CompletionException.class, () -> set.acquire(ref, deadline).join());
        return ((ScanstreamException) ServingSet.cause(failure)).code();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
