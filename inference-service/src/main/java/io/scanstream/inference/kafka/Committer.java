package io.scanstream.inference.kafka;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Writes what is complete, one transaction after the other, on a thread of its own, so that scoring goes on meanwhile. Stops
 * at the first transaction that fails, until the consumer's thread has asked for the failure and rewound.
 */
final class Committer implements AutoCloseable {
    private final InHand inHand;
    private final ScoreWriter writer;
    private final Supplier<ConsumerGroupMetadata> group;
    private final EdgeMetrics metrics;
    private final Consumer<List<Outcome>> whenCommitted;
    private final Thread thread;
    private volatile ScoreWriter.@Nullable NotWritten notWritten;
    private volatile @Nullable Throwable failure;

    /**
     * Starts.
     *
     * @param group as the consumer's last poll left it
     * @param whenCommitted hears of every transaction's outcomes, on this thread
     */
    Committer(
            String name,
            InHand inHand,
            ScoreWriter writer,
            Supplier<ConsumerGroupMetadata> group,
            EdgeMetrics metrics,
            Consumer<List<Outcome>> whenCommitted) {
        this.inHand = inHand;
        this.writer = writer;
        this.group = group;
        this.metrics = metrics;
        this.whenCommitted = whenCommitted;
        this.thread = new Thread(this::commitAll, name);
        thread.start();
    }

    private void commitAll() {
        try {
            for (List<Outcome> outcomes = inHand.take(); !outcomes.isEmpty(); outcomes = inHand.take()) {
                try {
                    inHand.written(outcomes, commit(outcomes));
                } catch (ScoreWriter.NotWritten e) {
                    notWritten = e;
                    inHand.suspend();
                }
            }
        } catch (RuntimeException | Error e) {
            // An Error too: without this thread nothing is ever committed, and nobody would know.
            failure = e;
            inHand.suspend();
        }
    }

    /** Returns the nanoseconds that it took. */
    private long commit(List<Outcome> outcomes) throws ScoreWriter.NotWritten {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (Outcome outcome : outcomes) {
            long next = outcome.scan().source().offset() + 1;
            offsets.put(outcome.scan().partition(), new OffsetAndMetadata(next));
        }
        long begun = System.nanoTime();
        writer.write(outcomes, offsets, group.get());
        long nanos = System.nanoTime() - begun;
        metrics.written(outcomes, nanos);
        whenCommitted.accept(outcomes);
        return nanos;
    }

    /**
     * Says once that a transaction was aborted and that everything in hand must be read again; null: none was.
     *
     * @throws RuntimeException as the writer threw it, or an Error: the committer has ended
     */
    ScoreWriter.@Nullable NotWritten aborted() {
        Throwable fatal = failure;
        if (fatal instanceof Error error) {
            throw error;
        }
        if (fatal instanceof RuntimeException exception) {
            throw exception;
        }
        ScoreWriter.NotWritten aborted = notWritten;
        notWritten = null;
        return aborted;
    }

    /** Ends after the transaction that is under way. */
    @Override
    public void close() {
        inHand.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
