package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.scanstream.inference.scoring.Urgency;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FetchesTest {
    private static final byte[] BYTES = {1};

    private final Fetches fetches = new Fetches(8, 100);
    private final CountDownLatch storeAnswers = new CountDownLatch(1);
    private final List<String> begun = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        storeAnswers.countDown();
        fetches.close();
    }

    @Test
    void urgentScansAreFetchedWhileRoutineOnesWaitForASlowStore() {
        for (int i = 0; i < 100; i++) {
            begin("routine", 0, Urgency.ROUTINE, this::slowly);
        }
        await().until(() -> !begun.isEmpty());

        Fetches.Fetch urgent = begin("urgent", 0, Urgency.URGENT, () -> BYTES);

        assertThat(urgent.bytes().join()).isEqualTo(BYTES);
    }

    @Test
    void urgentScansAreFetchedWhileRoutineOnesHoldAllThatTheyMay() {
        List<Fetches.Fetch> routine = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            routine.add(begin("routine", 25, Urgency.ROUTINE, () -> BYTES));
        }
        routine.get(2).bytes().join();
        assertThat(routine.get(3).bytes()).isNotDone();

        assertThat(begin("urgent", 25, Urgency.URGENT, () -> BYTES).bytes().join())
                .isEqualTo(BYTES);
        assertThat(routine.get(3).bytes()).isNotDone();

        routine.get(0).release();
        assertThat(routine.get(3).bytes().isDone())
                .as("while the urgent one is held")
                .isFalse();
    }

    @Test
    void theFirstInLineIsNeverOvertakenWithinItsUrgency() {
        Fetches.Fetch held = begin("held", 60, Urgency.ROUTINE, () -> BYTES);
        held.bytes().join();
        Fetches.Fetch large = begin("large", 70, Urgency.ROUTINE, () -> BYTES);
        // Fits in beside the one that is held, and not beside the large one: of two that both fit in, either may be
        // first.
        Fetches.Fetch small = begin("small", 15, Urgency.ROUTINE, () -> BYTES);
        assertThat(small.bytes()).isNotDone();

        held.release();
        large.bytes().join();
        large.release();
        small.bytes().join();

        assertThat(begun).containsExactly("held", "large", "small");
    }

    @Test
    void aScanLargerThanAllThatMayBeHeldIsFetchedAlone() {
        Fetches.Fetch large = begin("large", 1_000, Urgency.ROUTINE, () -> BYTES);
        assertThat(large.bytes().join()).isEqualTo(BYTES);
        Fetches.Fetch next = begin("next", 1, Urgency.ROUTINE, () -> BYTES);
        assertThat(next.bytes()).isNotDone();

        large.release();
        large.release();

        assertThat(next.bytes().join()).isEqualTo(BYTES);
    }

    @Test
    void anErrorIsTheFetchsOwnAndItsPlaceComesBack() {
        for (int i = 0; i < 20; i++) {
            Fetches.Fetch failed = begin("failed", 100, Urgency.ROUTINE, () -> {
                throw new OutOfMemoryError("pretended");
            });
            assertThatThrownBy(failed.bytes()::join).hasCauseInstanceOf(OutOfMemoryError.class);
            failed.release();
        }

        assertThat(begin("next", 100, Urgency.ROUTINE, () -> BYTES).bytes().join())
                .isEqualTo(BYTES);
    }

    @Test
    void whatIsNotWantedWhenItsTurnComesIsNotFetched() {
        Fetches.Fetch unwanted = fetches.begin(1, Urgency.ROUTINE, () -> fetched("unwanted", () -> BYTES), () -> false);

        assertThatThrownBy(unwanted.bytes()::join).isInstanceOf(CancellationException.class);
        assertThat(begun).isEmpty();
    }

    @Test
    void whatWaitsAtTheEndIsTold() {
        Fetches.Fetch held = begin("held", 100, Urgency.ROUTINE, () -> BYTES);
        held.bytes().join();
        Fetches.Fetch waiting = begin("waiting", 100, Urgency.ROUTINE, () -> BYTES);

        fetches.close();

        assertThatThrownBy(waiting.bytes()::join).isInstanceOf(CancellationException.class);
        assertThatThrownBy(begin("late", 1, Urgency.ROUTINE, () -> BYTES).bytes()::join)
                .isInstanceOf(CancellationException.class);
    }

    private Fetches.Fetch begin(String name, long bytes, Urgency urgency, Supplier<byte[]> source) {
        return fetches.begin(bytes, urgency, () -> fetched(name, source), () -> true);
    }

    private byte[] fetched(String name, Supplier<byte[]> source) {
        begun.add(name);
        return source.get();
    }

    private byte[] slowly() {
        try {
            storeAnswers.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return BYTES;
    }
}
