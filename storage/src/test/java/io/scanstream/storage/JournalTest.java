package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract that job states and aliases stand on, on a real store, with writers that race. */
class JournalTest {
    record Note(String text) {}

    private static TestStore server;

    @BeforeAll
    static void start() {
        server = new TestStore();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void isEmptyBeforeItsFirstEntry() {
        Journal<Note> journal = journal("empty");

        assertThat(journal.head()).isEmpty();
        assertThat(journal.history()).isEmpty();
    }

    @Test
    void headIsTheHighestNumberAndTheRestIsHistory() {
        Journal<Note> journal = journal("numbers");
        for (int i = 0; i < 12; i++) {
            assertThat(journal.append(i, new Note("n" + (i + 1)))).isTrue();
        }

        assertThat(journal.head()).contains(new Journal.Entry<>(12, new Note("n12")));
        assertThat(journal.history()).hasSize(12).startsWith(new Journal.Entry<>(1, new Note("n1")));
    }

    @Test
    void aWriterThatIsLateChangesNothing() {
        Journal<Note> journal = journal("late");
        journal.append(0, new Note("first"));

        assertThat(journal.append(0, new Note("late"))).isFalse();
        assertThat(journal.history()).containsExactly(new Journal.Entry<>(1, new Note("first")));
    }

    @Test
    void ofRacingWritersExactlyOneMakesEachEntry() throws Exception {
        Journal<Note> journal = journal("race");
        int writers = 8;
        for (int round = 0; round < 10; round++) {
            int after = round;
            List<Boolean> won = together(writers, writer -> journal.append(after, new Note("w" + writer)));

            assertThat(won)
                    .filteredOn(Boolean::booleanValue)
                    .as("round " + round)
                    .hasSize(1);
        }
        assertThat(journal.history()).hasSize(10);
    }

    @Test
    void everyUpdateOfRacingWritersIsThereOnce() throws Exception {
        Journal<Note> journal = journal("updates");
        int writers = 6;
        int each = 5;
        together(writers, writer -> {
            for (int i = 0; i < each; i++) {
                String text = writer + "/" + i;
                journal.update(head -> Optional.of(new Note(text)));
            }
            return true;
        });

        Set<String> texts = new HashSet<>();
        journal.history().forEach(entry -> texts.add(entry.value().text()));
        assertThat(journal.history()).hasSize(writers * each);
        assertThat(texts).hasSize(writers * each);
    }

    @Test
    void anUpdateMayLeaveThingsAsTheyAre() {
        Journal<Note> journal = journal("left");
        journal.append(0, new Note("stays"));

        assertThat(journal.update(head -> Optional.empty())).isEmpty();
        assertThat(journal.head()).contains(new Journal.Entry<>(1, new Note("stays")));
    }

    private static Journal<Note> journal(String name) {
        return new Journal<>(server.store(), "test/" + name + "/", Note.class);
    }

    private interface Writer<T> {
        T run(int writer) throws Exception;
    }

    private static <T> List<T> together(int writers, Writer<T> writer) throws Exception {
        CyclicBarrier start = new CyclicBarrier(writers);
        ExecutorService pool = Executors.newFixedThreadPool(writers);
        try {
            List<Callable<T>> calls = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                int number = i;
                calls.add(() -> {
                    start.await();
                    return writer.run(number);
                });
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : pool.invokeAll(calls)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
