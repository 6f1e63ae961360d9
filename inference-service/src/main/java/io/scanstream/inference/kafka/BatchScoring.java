package io.scanstream.inference.kafka;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.inference.model.ServingSet;
import io.scanstream.inference.scoring.Urgency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the outcome of every record of a batch. What something that is down keeps from its outcome is tried again, with
 * growing pauses and without an end; meanwhile the consumer, whose partitions are paused, goes on polling to stay in its
 * group.
 */
final class BatchScoring {
    private static final Logger LOG = LoggerFactory.getLogger(BatchScoring.class);
    private static final long KEEP_ALIVE_MS = 100;

    private final RecordScoring scoring;
    private final Urgency urgency;
    private final Consumer<byte[], byte[]> consumer;
    private final HeldPartitions partitions;
    private final StopSignal stop;

    /** The service ends and the batch in hand took too long. */
    static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    BatchScoring(
            RecordScoring scoring,
            Urgency urgency,
            Consumer<byte[], byte[]> consumer,
            HeldPartitions partitions,
            StopSignal stop) {
        this.scoring = scoring;
        this.urgency = urgency;
        this.consumer = consumer;
        this.partitions = partitions;
        this.stop = stop;
    }

    /** The outcome of each record, in order. */
    List<Outcome> outcomes(List<ScanRecord> scans) {
        Map<ScanRecord, Outcome> outcomes = new HashMap<>();
        Set<ScanId> seen = new HashSet<>();
        List<ScanRecord> open = new ArrayList<>();
        for (ScanRecord scan : scans) {
            ScanId attempt = scan.attempt();
            if (attempt != null && (!seen.add(attempt) || wasScored(scan, attempt))) {
                outcomes.put(scan, Outcome.repeat(scan));
            } else {
                open.add(scan);
            }
        }
        Backoff backoff = new Backoff();
        while (!open.isEmpty()) {
            open = attempt(open, outcomes);
            if (!open.isEmpty()) {
                keepAlive(backoff.next());
            }
        }
        return scans.stream().map(outcomes::get).toList();
    }

    private boolean wasScored(ScanRecord scan, ScanId attempt) {
        RepeatWindow window = partitions.window(scan.partition());
        return window != null && window.contains(attempt);
    }

    /** Scores what is open once; returns what is still open. */
    private List<ScanRecord> attempt(List<ScanRecord> open, Map<ScanRecord, Outcome> outcomes) {
        Map<ScanRecord, CompletableFuture<Outcome>> futures = new LinkedHashMap<>();
        open.forEach(scan -> futures.put(scan, scoring.score(scan, urgency)));
        List<ScanRecord> left = new ArrayList<>();
        for (Map.Entry<ScanRecord, CompletableFuture<Outcome>> each : futures.entrySet()) {
            try {
                outcomes.put(each.getKey(), await(each.getValue()));
            } catch (ScanstreamException down) {
                if (left.isEmpty()) {
                    LOG.warn("Scans wait, from {} on ({}): {}", each.getKey().place(), down.code(), down.getMessage());
                }
                left.add(each.getKey());
            }
        }
        return left;
    }

    private Outcome await(CompletableFuture<Outcome> future) {
        while (true) {
            try {
                return future.get(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                keepAlive(Duration.ZERO);
            } catch (ExecutionException e) {
                Throwable cause = ServingSet.cause(e.getCause() == null ? e : e.getCause());
                throw cause instanceof ScanstreamException down ? down : new IllegalStateException(cause);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Makes a call on the object store, again and again while it does not answer. */
    void untilStoreAnswers(Runnable call) {
        Backoff backoff = new Backoff();
        while (true) {
            try {
                call.run();
                return;
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    throw e;
                }
                LOG.warn("Scans wait ({}): {}", e.code(), e.getMessage());
                keepAlive(backoff.next());
            }
        }
    }

    /** Stays in the group for a while without taking records. */
    private void keepAlive(Duration pause) {
        if (stop.isOver()) {
            throw new Abandoned();
        }
        if (!consumer.poll(pause).isEmpty()) {
            throw new KafkaException("a paused partition gave records");
        }
    }
}
