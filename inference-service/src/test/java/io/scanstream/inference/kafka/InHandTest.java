package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InHandTest {
    private static final int MOST = 8;
    private static final Duration NOW = Duration.ZERO;
    private static final TopicPartition ZERO = new TopicPartition("scans", 0);

    /** Whoever waits out this linger makes its test fail. */
    private final InHand inHand = new InHand(MOST, 100, Duration.ofHours(1));

    private CompletableFuture<List<Outcome>> taken = CompletableFuture.completedFuture(List.of());
    private long offset;

    @AfterEach
    void close() {
        inHand.close();
        taken.join();
    }

    @Test
    void whatIsCompleteIsTakenAtOnceWhenNothingElseIsInHand() {
        InHand.Scan scan = add(0);
        complete(scan);

        assertThat(offsets(inHand.take())).containsExactly(0L);
        assertThat(inHand.dropWhenQuiet(List.of(), NOW))
                .as("no transaction is under way")
                .isFalse();
        assertThat(inHand.size()).as("until it is written").isEqualTo(1);
    }

    @Test
    void whatIsCompleteWaitsForTheOthersInHand() {
        InHand.Scan first = add(0);
        InHand.Scan second = add(0);
        complete(first);
        takeLater();
        assertThat(taken).isNotDone();

        complete(second);

        assertThat(offsets(taken.join())).containsExactly(0L, 1L);
    }

    @Test
    void afterATransactionThereIsAPauseAsLongAsTheyTake() {
        complete(add(0));
        inHand.written(inHand.take(), TimeUnit.HOURS.toNanos(1));
        complete(add(0));
        takeLater();
        assertThat(taken).as("one scan more, alone in hand").isNotDone();

        for (int i = 0; i < MOST / 2 - 1; i++) {
            complete(add(0));
        }

        assertThat(offsets(taken.join())).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void halfOfTheMostIsWorthATransaction() {
        List<InHand.Scan> scans = List.of(add(0), add(0), add(0), add(0), add(0), add(0));
        scans.subList(0, MOST / 2 - 1).forEach(InHandTest::complete);
        takeLater();
        assertThat(taken).isNotDone();

        complete(scans.get(MOST / 2 - 1));

        assertThat(offsets(taken.join())).containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void aPartitionIsTakenUpToItsFirstScanThatIsNotComplete() {
        InHand.Scan first = add(0);
        InHand.Scan open = add(0);
        InHand.Scan behind = add(0);
        InHand.Scan other = add(1);
        List.of(first, behind, other, add(1)).forEach(InHandTest::complete);

        List<Outcome> firstTaken = inHand.take();
        assertThat(offsets(firstTaken)).containsExactlyInAnyOrder(0L, 3L, 4L);
        complete(open);
        inHand.written(firstTaken, 0);

        assertThat(offsets(inHand.take())).containsExactly(1L, 2L);
    }

    @Test
    void whatIsDroppedComesToNothing() {
        InHand.Scan dropped = add(0);
        InHand.Scan kept = add(1);

        assertThat(inHand.dropWhenQuiet(List.of(ZERO), NOW)).isTrue();
        complete(dropped);
        complete(kept);

        assertThat(dropped.isWanted()).isFalse();
        assertThat(kept.isWanted()).isTrue();
        assertThat(offsets(inHand.take())).containsExactly(1L);
    }

    @Test
    void aPartitionThatGoesIsDroppedAfterTheTransactionUnderWayAndIsInNoneThatBeginsMeanwhile() {
        complete(add(0));
        complete(add(1));
        List<Outcome> underWay = inHand.take();
        InHand.Scan behind = add(0);
        complete(behind);
        CompletableFuture<Boolean> gone = new CompletableFuture<>();
        Thread going =
                new Thread(() -> gone.complete(inHand.dropWhenQuiet(List.of(ZERO), Duration.ofMinutes(1))), "going");
        going.start();
        await().until(() -> going.getState() == Thread.State.TIMED_WAITING);
        assertThat(behind.isWanted()).isTrue();

        // The committer may be faster than who waits for it: it is the next transaction that must not hold them.
        complete(add(1));
        inHand.written(underWay, 0);
        List<Outcome> next = inHand.take();

        assertThat(offsets(next)).containsExactly(3L);
        assertThat(gone.join()).isTrue();
        assertThat(behind.isWanted()).isFalse();
        inHand.written(next, 0);
        assertThat(inHand.size()).isZero();
    }

    @Test
    void afterAFailureNothingIsTakenUntilAllIsDropped() {
        InHand.Scan before = add(0);
        complete(before);
        inHand.take();
        InHand.Scan beside = add(0);
        inHand.suspend();
        complete(beside);
        takeLater();
        assertThat(taken).isNotDone();

        inHand.clear();
        complete(add(0));

        assertThat(offsets(taken.join())).containsExactly(2L);
        assertThat(inHand.size()).isEqualTo(1);
    }

    @Test
    void roomIsCountedInScansAndBytesAndGivenBackWhenWritten() {
        assertThat(inHand.awaitRoom(MOST, NOW)).isTrue();
        assertThat(inHand.awaitRoom(MOST + 1, NOW)).isFalse();
        InHand.Scan large = add(0, 100);
        assertThat(inHand.awaitRoom(1, NOW)).as("bytes").isFalse();
        complete(large);
        List<Outcome> outcomes = inHand.take();

        CompletableFuture<Boolean> room =
                CompletableFuture.supplyAsync(() -> inHand.awaitRoom(MOST, Duration.ofMinutes(1)));
        inHand.written(outcomes, 0);

        assertThat(room.join()).isTrue();
        assertThat(inHand.awaitEmpty(NOW)).isTrue();
    }

    @Test
    void onceClosedWhoTakesIsLetGo() {
        add(0);
        takeLater();

        inHand.close();

        assertThat(taken.join()).isEmpty();
    }

    /** Takes on another thread, and gives it time to do so too early. */
    private void takeLater() {
        taken = CompletableFuture.supplyAsync(inHand::take);
        assertThat(taken.copy()
                        .completeOnTimeout(List.of(), 50, TimeUnit.MILLISECONDS)
                        .join())
                .isEmpty();
    }

    private InHand.Scan add(int partition) {
        return add(partition, 0);
    }

    private InHand.Scan add(int partition, int bytes) {
        return inHand.add(ScanRecord.of(record(partition, bytes, offset++)));
    }

    private static ConsumerRecord<byte[], byte[]> record(int partition, int bytes, long offset) {
        RecordHeaders headers = new RecordHeaders();
        headers.add(ScanHeaders.MODEL, "tiny".getBytes(StandardCharsets.UTF_8));
        return new ConsumerRecord<>(
                "scans",
                partition,
                offset,
                0,
                TimestampType.CREATE_TIME,
                36,
                bytes,
                ScanId.next().toString().getBytes(StandardCharsets.UTF_8),
                new byte[bytes],
                headers,
                Optional.empty());
    }

    private static void complete(InHand.Scan scan) {
        scan.complete(Outcome.repeat(scan.record()));
    }

    private static List<Long> offsets(List<Outcome> outcomes) {
        return outcomes.stream()
                .map(outcome -> outcome.scan().source().offset())
                .toList();
    }
}
