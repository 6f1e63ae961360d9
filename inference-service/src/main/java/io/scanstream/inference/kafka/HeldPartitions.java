package io.scanstream.inference.kafka;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Suspects;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that the group has given to this consumer. A new one is paused until it is prepared: its mark taken over,
 * its position the committed one, its window of scored ids read back. Used by the consumer's thread only.
 */
final class HeldPartitions implements ConsumerRebalanceListener {
    private static final Logger LOG = LoggerFactory.getLogger(HeldPartitions.class);
    private static final Duration ATTEMPT = Duration.ofSeconds(2);

    private final Consumer<byte[], byte[]> consumer;
    private final ScoredIds scoredIds;
    private final boolean samePartition;
    private final Supplier<ObjectStore> store;
    private final KafkaSettings settings;
    private final InHand inHand;
    private final Map<TopicPartition, Isolation> known;
    private final Map<TopicPartition, Isolation> isolations = new HashMap<>();
    private final Map<TopicPartition, RepeatWindow> windows = new HashMap<>();
    private final Set<TopicPartition> unprepared = new LinkedHashSet<>();
    private final Map<TopicPartition, TakeUp> takeUps = new HashMap<>();
    private long told = System.nanoTime() - ATTEMPT.toNanos();

    /**
     * A partition on its way.
     *
     * @param committed from where it is taken up; absent: from its beginning
     * @param scored begun after that was asked for
     */
    private record TakeUp(@Nullable OffsetAndMetadata committed, ScoredIds.Reading scored) {}

    /**
     * None yet.
     *
     * @param known what this process last knew of partitions that it held; kept up to date
     */
    HeldPartitions(
            Consumer<byte[], byte[]> consumer,
            ScoredIds scoredIds,
            boolean samePartition,
            Supplier<ObjectStore> store,
            KafkaSettings settings,
            InHand inHand,
            Map<TopicPartition, Isolation> known) {
        this.consumer = consumer;
        this.scoredIds = scoredIds;
        this.samePartition = samePartition;
        this.store = store;
        this.settings = settings;
        this.inHand = inHand;
        this.known = known;
    }

    /** The window of a partition that can be worked on; null if it was taken away or rewound meanwhile. */
    @Nullable
    RepeatWindow window(TopicPartition partition) {
        return windows.get(partition);
    }

    /** The isolation of a partition that can be worked on. */
    Isolation isolation(TopicPartition partition) {
        Isolation isolation = isolations.get(partition);
        if (isolation == null) {
            throw new IllegalStateException(partition + " is not held");
        }
        return isolation;
    }

    /**
     * Prepares what is new or was rewound and lets its records come; what cannot be prepared yet stays paused, and what was
     * read for it is kept.
     *
     * @throws ScanstreamException {@code STORE_UNAVAILABLE} if the marks cannot be read
     */
    void prepare() {
        for (TopicPartition partition : List.copyOf(unprepared)) {
            if (!isolations.containsKey(partition)) {
                isolations.put(partition, isolate(partition));
            }
            TakeUp takeUp = takeUps.get(partition);
            if (takeUp == null) {
                takeUp = takeUp(partition);
                takeUps.put(partition, takeUp);
            }
            ScoredIds.Reading scored = takeUp.scored();
            if (!scored.readOn(ATTEMPT)) {
                tell(partition, scored);
                if (scored.waitsForTransactions()) {
                    continue;
                }
                // One after the other: what the broker is sending for this one would be thrown away.
                return;
            }
            begin(partition, takeUp);
        }
    }

    private void tell(TopicPartition partition, ScoredIds.Reading scored) {
        if (System.nanoTime() - told >= ATTEMPT.toNanos()) {
            told = System.nanoTime();
            LOG.info(
                    "{} is being taken up: {}{}.",
                    partition,
                    scored.progress(),
                    scored.waitsForTransactions() ? ", the rest waits for an open transaction to end" : "");
        }
    }

    private Isolation isolate(TopicPartition partition) {
        Isolation isolation = Isolation.takeOver(
                suspects(), partition.toString(), settings.instance(), settings.scansInHand(), known.get(partition));
        known.put(partition, isolation);
        if (isolation.isOn()) {
            LOG.warn(
                    "The former owner of {} did not stop in order: its next scans, {} at most, are scored one by one.",
                    partition,
                    settings.scansInHand());
        }
        return isolation;
    }

    private TakeUp takeUp(TopicPartition partition) {
        OffsetAndMetadata committed =
                consumer.committed(Set.of(partition), ATTEMPT).get(partition);
        return new TakeUp(committed, scoredIds.begin(partition.partition(), samePartition));
    }

    private void begin(TopicPartition partition, TakeUp takeUp) {
        OffsetAndMetadata committed = takeUp.committed();
        if (committed == null) {
            consumer.seekToBeginning(List.of(partition));
        } else {
            consumer.seek(partition, committed);
        }
        RepeatWindow window = takeUp.scored().ids();
        windows.put(partition, window);
        unprepared.remove(partition);
        takeUps.remove(partition);
        consumer.resume(List.of(partition));
        LOG.info("Scoring {} from {}, {} scored ids known.", partition, consumer.position(partition), window.size());
    }

    /** Goes back to what is committed, everywhere. */
    void rewind() {
        unprepared.addAll(windows.keySet());
        windows.clear();
        consumer.pause(unprepared);
    }

    /** Stops fetching beyond what is in hand. */
    void pause() {
        consumer.pause(windows.keySet());
    }

    void resume() {
        consumer.resume(windows.keySet());
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        unprepared.addAll(partitions);
        consumer.pause(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        // A transaction that is under way may hold their offsets: the next owner begins behind it.
        if (!inHand.dropWhenQuiet(partitions, settings.transactionTimeout())) {
            LOG.warn("A transaction was still under way when {} had to go.", partitions);
        }
        for (TopicPartition partition : partitions) {
            forget(partition).ifPresent(isolation -> release(partition, isolation));
        }
    }

    /** Somebody else owns them already: the marks are theirs. */
    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        LOG.warn("The group took {} away before they were given back.", partitions);
        inHand.dropWhenQuiet(partitions, settings.transactionTimeout());
        partitions.forEach(this::forget);
    }

    private Optional<Isolation> forget(TopicPartition partition) {
        unprepared.remove(partition);
        takeUps.remove(partition);
        windows.remove(partition);
        return Optional.ofNullable(isolations.remove(partition));
    }

    private static void release(TopicPartition partition, Isolation isolation) {
        try {
            isolation.release();
        } catch (ScanstreamException e) {
            // The next owner will take its first scans one by one, which is slower and nothing worse.
            LOG.warn("The mark on {} stays: {}", partition, e.getMessage());
        }
    }

    private Suspects suspects() {
        return new Suspects(store.get());
    }
}
