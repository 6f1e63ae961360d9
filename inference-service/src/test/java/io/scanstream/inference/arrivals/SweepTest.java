package io.scanstream.inference.arrivals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.StoreServer;
import io.scanstream.storage.ArrivalMarks;
import io.scanstream.storage.Incoming;
import io.scanstream.storage.ObjectStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {
    private static final int PLENTY = 1 << 20;

    @TempDir
    static Path folder;

    private static StoreServer server;
    private static ObjectStore store;

    private final List<String> handedOn = new ArrayList<>();
    private String prefix = "";
    private ArrivalMarks marks;
    private Incoming incoming;

    @BeforeAll
    static void start() {
        server = StoreServer.start(folder);
        store = server.store();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void choosePrefix(TestInfo test) {
        prefix = test.getTestMethod().orElseThrow().getName() + "/";
        marks = new ArrivalMarks(store, prefix);
        incoming = new Incoming(store, List.of(prefix));
    }

    @Test
    void handsOnEachObjectOnceAndNewOnesWhereverTheyAre() {
        Sweep sweep = sweep();
        put("b");
        put("d/e");
        assertThat(advance(sweep, PLENTY)).isTrue();
        put("a");
        put("c");
        assertThat(advance(sweep, PLENTY)).isTrue();
        assertThat(advance(sweep, PLENTY)).isTrue();

        assertThat(handedOn).containsExactly("b", "d/e", "a", "c");
    }

    @Test
    void handsOnNoMoreThanThereIsRoomForAndGoesOnThere() {
        for (String key : List.of("a", "b", "c", "d", "e")) {
            put(key);
        }
        Sweep sweep = sweep();

        assertThat(advance(sweep, 2)).isFalse();
        assertThat(handedOn).containsExactly("a", "b");
        assertThat(advance(sweep, 0)).isFalse();
        assertThat(advance(sweep, -7)).isFalse();
        assertThat(handedOn).containsExactly("a", "b");
        assertThat(advance(sweep, 3)).isTrue();
        assertThat(handedOn).containsExactly("a", "b", "c", "d", "e");
    }

    @Test
    void asksForRoomOnlyWhereThereIsSomethingToHandOn() {
        put("a");
        Sweep sweep = sweep();
        advance(sweep, PLENTY);

        assertThat(sweep.advance(
                        incoming,
                        1,
                        () -> {
                            throw new AssertionError("asked");
                        },
                        objects -> {
                            throw new AssertionError("handed on " + objects);
                        }))
                .isTrue();
    }

    @Test
    void anotherSweepKnowsTheMarksAndThoseOfOthers() {
        put("a");
        put("b");
        put("c");
        advance(sweep(), 1);
        incoming.find(prefix + "b")
                .ifPresent(announced -> marks.add(List.of(ArrivedScans.id(incoming.bucket(), announced))));
        handedOn.clear();

        advance(sweep(), PLENTY);

        assertThat(handedOn).containsExactly("c");
    }

    @Test
    void listsNoMorePagesThanItMay() {
        for (int i = 0; i < 2 * Sweep.PAGE + 1; i++) {
            put("%05d".formatted(i));
        }
        Sweep sweep = sweep();

        sweep.advance(incoming, 1, () -> PLENTY, this::take);
        assertThat(handedOn).hasSize(Sweep.PAGE);
        sweep.advance(incoming, 1, () -> PLENTY, this::take);
        assertThat(handedOn).hasSize(2 * Sweep.PAGE);
        sweep.advance(incoming, 1, () -> PLENTY, this::take);
        assertThat(handedOn).hasSize(2 * Sweep.PAGE + 1).doesNotHaveDuplicates();
    }

    @Test
    void marksNothingThatWasNotTaken() {
        put("a");
        Sweep sweep = sweep();

        assertThatThrownBy(() -> sweep.advance(incoming, 1, () -> PLENTY, objects -> {
                    throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
                }))
                .isInstanceOf(ScanstreamException.class);
        assertThat(marks.files()).isEmpty();
        advance(sweep, PLENTY);

        assertThat(handedOn).containsExactly("a");
    }

    @Test
    void forgetsTheMarksOfObjectsThatAreGoneAndOfNoOthers() {
        put("a");
        put("b");
        Sweep sweep = sweep();
        advance(sweep, PLENTY);
        ScanId kept = id("b");
        store.delete(prefix + "a");

        advance(sweep, PLENTY);

        assertThat(allMarks()).containsExactly(kept);
        store.delete(prefix + "b");
        advance(sweep, PLENTY);
        assertThat(marks.files()).isEmpty();
    }

    @Test
    void aMarkThatCameDuringARoundIsNotForgottenInIt() {
        put("b");
        Sweep sweep = sweep();
        advance(sweep, PLENTY);
        put("c");
        put("d");
        assertThat(advance(sweep, 1)).isFalse();
        // The round is behind this key already.
        put("a");
        marks.add(List.of(id("a")));
        store.delete(prefix + "b");
        advance(sweep, PLENTY);
        advance(sweep, PLENTY);
        advance(sweep, PLENTY);

        assertThat(handedOn).containsExactly("b", "c", "d");
        assertThat(allMarks()).containsExactlyInAnyOrder(id("a"), id("c"), id("d"));
    }

    @Test
    void writesManyFilesOfMarksAnewAsFew() {
        List<ScanId> ids = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            put("%02d".formatted(i));
            ids.add(id("%02d".formatted(i)));
            marks.add(List.of(ids.get(i)));
        }

        advance(sweep(), PLENTY);

        assertThat(handedOn).isEmpty();
        assertThat(marks.files()).hasSize(1);
        assertThat(allMarks()).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void twoSweepsAtOnceLoseNoMark() {
        put("a");
        put("b");
        Sweep one = sweep();
        Sweep other = sweep();
        advance(one, PLENTY);
        advance(other, PLENTY);
        put("c");
        advance(other, PLENTY);
        store.delete(prefix + "b");
        advance(one, PLENTY);
        advance(other, PLENTY);
        advance(one, PLENTY);
        handedOn.clear();

        advance(sweep(), PLENTY);

        assertThat(handedOn).isEmpty();
        assertThat(allMarks()).contains(id("a"), id("c"));
    }

    private Sweep sweep() {
        return new Sweep(prefix, marks);
    }

    private boolean advance(Sweep sweep, int room) {
        return sweep.advance(incoming, 10, () -> room, this::take);
    }

    private void take(List<ObjectStore.Listed> objects) {
        objects.forEach(object -> handedOn.add(object.key().substring(prefix.length())));
    }

    private ScanId id(String name) {
        return ArrivedScans.id(incoming.bucket(), incoming.find(prefix + name).orElseThrow());
    }

    private List<ScanId> allMarks() {
        return marks.files().stream()
                .flatMap(file -> marks.read(file).stream())
                .distinct()
                .toList();
    }

    private void put(String name) {
        store.put(prefix + name, new byte[] {1});
    }
}
