package io.scanstream.inference.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DecodingQueueTest {
    private final DecodingQueue<Scan> queue = new DecodingQueue<>(400);

    private record Scan(String name, Urgency urgency, int sizeBytes) implements DecodingQueue.Turn {}

    @Test
    void urgentScansAreGivenOutFirstEachInOrder() {
        queue.add(new Scan("e", Urgency.LEISURE, 10));
        queue.add(routine("a", 10));
        queue.add(routine("b", 10));
        queue.add(urgent("c", 10));
        queue.add(urgent("d", 10));
        queue.close();

        assertThat(next()).isEqualTo("c");
        assertThat(next()).isEqualTo("d");
        assertThat(next()).isEqualTo("a");
        assertThat(next()).isEqualTo("b");
        assertThat(next()).isEqualTo("e");
        assertThat(queue.next()).isNull();
    }

    @Test
    void aQuarterOfTheRoomIsForUrgentScansAlone() throws Exception {
        for (String name : new String[] {"a", "b", "c", "d"}) {
            queue.add(routine(name, 100));
        }
        Scan first = queue.next();
        next();
        next();

        CompletableFuture<Scan> fourth = CompletableFuture.supplyAsync(queue::next);
        queue.add(urgent("u", 100));
        assertThat(fourth.get(10, TimeUnit.SECONDS).name()).isEqualTo("u");
        CompletableFuture<Scan> fifth = CompletableFuture.supplyAsync(queue::next);
        queue.leave(first);

        // The urgent scan fills what the first left only to the bound of all.
        assertThat(fifth.get(10, TimeUnit.SECONDS).name()).isEqualTo("d");
    }

    @Test
    void aScanThatIsLargerThanAllRoomGoesAlone() {
        Scan large = routine("large", 1000);
        queue.add(large);
        queue.add(routine("small", 1));
        assertThat(next()).isEqualTo("large");

        CompletableFuture<Scan> small = CompletableFuture.supplyAsync(queue::next);
        assertThat(small).isNotDone();
        queue.leave(large);

        assertThat(small.join().name()).isEqualTo("small");
    }

    @Test
    void takesNothingOnceClosedAndGivesBackWhatHasNoRoom() {
        queue.add(routine("a", 300));
        queue.add(routine("b", 300));
        next();

        queue.close();

        assertThat(queue.add(urgent("late", 1))).isFalse();
        assertThat(queue.giveUp()).extracting(Scan::name).containsExactly("b");
        assertThat(queue.next()).isNull();
    }

    private String next() {
        return queue.next().name();
    }

    private static Scan routine(String name, int sizeBytes) {
        return new Scan(name, Urgency.ROUTINE, sizeBytes);
    }

    private static Scan urgent(String name, int sizeBytes) {
        return new Scan(name, Urgency.URGENT, sizeBytes);
    }
}
