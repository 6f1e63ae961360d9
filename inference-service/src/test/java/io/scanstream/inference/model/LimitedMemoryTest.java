package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.StoreServer;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.OnnxSettings.Device;
import io.scanstream.inference.model.VersionStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** More models than memory. A tiny model counts as 16 MiB and a little. */
class LimitedMemoryTest {
    private static final OnnxRuntime RUNTIME = new OnnxRuntime(OnnxSettings.defaults(Device.CPU));
    private static final String V1 = "20260101-000000-00000001";
    private static final String V2 = "20260102-000000-00000002";
    private static final long ROOM_FOR_ONE = 17L << 20;
    private static final long ROOM_FOR_TWO = 2 * ROOM_FOR_ONE;

    @TempDir
    Path folder;

    private final AtomicLong nativeBytes = new AtomicLong();
    /** By which the process grows each time that somebody looks. */
    private final AtomicLong growing = new AtomicLong();

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
    void loadsThePromotedLastUntilMemoryIsFullAndIsReady() {
        champions("a", "b", "c");

        ServingSet set = started(ROOM_FOR_TWO, Pins.none());

        assertThat(states(set))
                .containsExactlyEntriesOf(tree("a", State.ON_DEMAND, "b", State.LOADED, "c", State.LOADED));
        assertThat(set.status().get(0).aliases()).containsExactly("champion");
        assertThat(set.usedBytes()).isBetween(32L << 20, ROOM_FOR_TWO);
        assertThat(set.evictions()).isZero();
    }

    @Test
    void loadsOnDemandAndTheLeastRecentlyUsedLeaves() {
        champions("a", "b", "c");
        ServingSet set = started(ROOM_FOR_TWO, Pins.none());
        use(set, "b");
        use(set, "c");
        use(set, "b");

        use(set, "a");

        assertThat(states(set))
                .containsExactlyEntriesOf(tree("a", State.LOADED, "b", State.LOADED, "c", State.ON_DEMAND));
        assertThat(set.evictions()).isEqualTo(1);
        use(set, "c");
        assertThat(states(set))
                .containsExactlyEntriesOf(tree("a", State.LOADED, "b", State.ON_DEMAND, "c", State.LOADED));
    }

    @Test
    void aListingPutsNobodyOut() {
        champions("a", "b", "c");
        ServingSet set = started(ROOM_FOR_TWO, Pins.none());
        use(set, "a");
        Map<String, State> before = states(set);
        champions("d");

        set.nudge();

        await().until(() -> states(set).containsKey("d"));
        before.put("d", State.ON_DEMAND);
        assertThat(states(set)).isEqualTo(before);
        assertThat(set.evictions()).isEqualTo(1);
    }

    @Test
    void roomThatBecomesFreeIsUsed() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_ONE, Pins.none());
        assertThat(states(set)).containsEntry("a", State.ON_DEMAND);
        models.promote("b", null);

        // The first look unloads one, the second finds the room.
        set.nudge();
        await().until(() -> !states(set).containsKey("b"));
        set.nudge();

        await().until(() -> states(set).get("a") == State.LOADED);
    }

    @Test
    void whatIsPinnedIsLoadedFirstAndStays() {
        champions("a", "b", "c");

        ServingSet set = started(ROOM_FOR_TWO, Pins.of(List.of("a")));

        assertThat(states(set))
                .containsExactlyEntriesOf(tree("a", State.LOADED, "b", State.ON_DEMAND, "c", State.LOADED));
        use(set, "b");
        use(set, "c");
        assertThat(states(set))
                .containsExactlyEntriesOf(tree("a", State.LOADED, "b", State.ON_DEMAND, "c", State.LOADED));
    }

    @Test
    void aPinnedVersionNeedsNoAlias() {
        publish("a", V1);
        champions("b", "c");

        ServingSet set = started(ROOM_FOR_TWO, Pins.of(List.of("a/" + V1, "nobody/" + V1)));

        use(set, "b");
        use(set, "c");
        set.nudge();
        use(set, "b");
        assertThat(states(set)).containsEntry("a", State.LOADED);
    }

    @Test
    void whatIsPinnedIsLoadedBeyondTheLimit() {
        champions("a", "b");

        ServingSet set = started(ROOM_FOR_ONE, Pins.of(List.of("a", "b")));

        assertThat(states(set)).containsExactlyEntriesOf(tree("a", State.LOADED, "b", State.LOADED));
    }

    @Test
    void aVersionThatIsLargerThanTheLimitIsLoadedAlone() {
        champions("a", "b");
        ServingSet set = started(1 << 20, Pins.none());
        assertThat(states(set)).doesNotContainValue(State.LOADED);

        use(set, "a");
        use(set, "b");

        assertThat(states(set)).containsExactlyEntriesOf(tree("a", State.ON_DEMAND, "b", State.LOADED));
    }

    @Test
    void aVersionInUseIsNotTakenFromItsUsers() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_ONE, Pins.none());
        LoadedModel inUse = acquire(set, "a").join();

        use(set, "b");

        assertThat(states(set)).containsExactlyEntriesOf(tree("a", State.ON_DEMAND, "b", State.LOADED));
        assertThatCode(() -> inUse.run(List.of(new byte[inUse.input().sizeBytes()]), Set.of("probabilities")))
                .doesNotThrowAnyException();
        inUse.release();
        assertThatThrownBy(inUse::acquire)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("is closed");
    }

    @Test
    void everyScanGetsItsModelWhereAllWantAnotherOne() {
        champions("a", "b", "c");
        ServingSet set = started(ROOM_FOR_ONE, Pins.none());
        List<CompletableFuture<LoadedModel>> asked = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            for (String name : List.of("a", "b", "c")) {
                asked.add(acquire(set, name));
            }
        }

        for (int i = 0; i < asked.size(); i++) {
            LoadedModel model = asked.get(i).join();
            assertThat(model.version().name()).isEqualTo(List.of("a", "b", "c").get(i % 3));
            model.release();
        }
    }

    @Test
    void aNewChampionIsLoadedBesideTheOneThatServes() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_TWO, Pins.none());
        LoadedModel before = acquire(set, "a").join();
        publish("a", V2);
        models.promote("a", V2);

        set.nudge();

        await().until(() -> servedBy(set, "a").equals(V2));
        assertThatCode(() -> before.run(List.of(new byte[before.input().sizeBytes()]), Set.of("probabilities")))
                .doesNotThrowAnyException();
        before.release();
    }

    @Test
    void aNewChampionOfAModelThatIsNotInMemoryIsVerifiedWhenItIsAskedFor() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_ONE, Pins.none());
        assertThat(states(set)).containsEntry("a", State.ON_DEMAND);
        models.publish(
                TinyModel.aModel().named("a").version(V2).withGoldensOffBy(1).write(folder.resolve("refused")));
        models.promote("a", V2);

        set.nudge();
        await().until(() ->
                set.status().stream().anyMatch(status -> status.model().equals(new ModelVersion("a", V2))));

        assertThat(servedBy(set, "a")).isEqualTo(V1);
    }

    @Test
    void whatAVersionTurnsOutToTakeCounts() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_TWO, Pins.none());
        publish("c", V1);
        models.promote("c", V1);
        growing.set(20L << 20);

        use(set, "c");

        // The first leaves for what it was thought to take, the second when it is known.
        await().until(() -> set.evictions() == 2);
        assertThat(set.usedBytes()).isEqualTo(20L << 20);
        assertThat(states(set)).containsEntry("c", State.LOADED);
    }

    @Test
    void aShadowsUseKeepsNothingInMemoryAndLoadsNothing() {
        champions("a", "b");
        ServingSet set = started(ROOM_FOR_ONE, Pins.none());
        ModelRef a = ModelRef.of("a", null, null);
        ModelRef b = ModelRef.of("b", null, null);

        assertThat(set.acquireIfLoaded(a)).isEmpty();
        set.acquireIfLoaded(b).orElseThrow().release();
        assertThat(set.acquireIfLoaded(ModelRef.of("nobody", null, null))).isEmpty();

        assertThat(states(set)).containsExactlyEntriesOf(tree("a", State.ON_DEMAND, "b", State.LOADED));
    }

    @Test
    void pinsAreModelsAndVersions() {
        Pins pins = Pins.of(List.of("lung", "skin/" + V1));

        assertThat(pins.hold(new ModelVersion("lung", V2))).isTrue();
        assertThat(pins.hold(new ModelVersion("skin", V1))).isTrue();
        assertThat(pins.hold(new ModelVersion("skin", V2))).isFalse();
        assertThatThrownBy(() -> Pins.of(List.of("No Name")))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
        assertThatThrownBy(() -> new ModelMemory(-1, Pins.none(), () -> 0)).hasMessageContaining("models-bytes");
    }

    private void champions(String... names) {
        for (String name : names) {
            publish(name, V1);
            models.promote(name, V1);
        }
    }

    private void publish(String name, String version) {
        models.publish(TinyModel.aModel().named(name).version(version).write(folder.resolve(name + "-" + version)));
    }

    private ServingSet started(long limit, Pins pins) {
        ModelLoader loader = new ModelLoader(RUNTIME, new ImageDecoder(DecodeLimits.defaults()));
        ServingSet set = new ServingSet(
                new PublishedModels(models::store, loader, folder.resolve("cache")),
                2,
                Duration.ofHours(1),
                (version, reason) -> {},
                new ModelMemory(limit, pins, () -> nativeBytes.getAndAdd(growing.get())));
        serving = set;
        set.start();
        await().until(set::ready);
        return set;
    }

    private static CompletableFuture<LoadedModel> acquire(ServingSet set, String model) {
        return set.acquire(ModelRef.of(model, null, null), null);
    }

    private static void use(ServingSet set, String model) {
        acquire(set, model).join().release();
    }

    private static String servedBy(ServingSet set, String model) {
        LoadedModel found = acquire(set, model).join();
        found.release();
        return found.version().version();
    }

    private static Map<String, State> states(ServingSet set) {
        Map<String, State> states = new TreeMap<>();
        set.status().forEach(status -> states.put(status.model().name(), status.state()));
        return states;
    }

    private static Map<String, State> tree(Object... pairs) {
        Map<String, State> states = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            states.put((String) pairs[i], (State) pairs[i + 1]);
        }
        return states;
    }
}
