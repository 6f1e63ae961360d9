package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.training.TrainingMessage;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The trainer's one working thread: looks for a job as a member of the share group, leaves the group, works, and looks
 * again.
 */
public final class Worker {
    private static final Logger LOG = Logger.getLogger(Worker.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final Map<String, String> kafka;
    private final Claims claims;
    private final JobRunner runner;
    private final JobTraces traces;
    private final Announcements announcements;
    private final Patience patience;
    private final Consumer<ScanstreamException> misconfigured;
    private final Thread thread = new Thread(this::loop, "trainer");
    private volatile boolean stopping;

    /**
     * Made, not started.
     *
     * @param kafka settings of the share consumer, {@code bootstrap.servers} at least
     * @param misconfigured hears why the worker has ended by itself: Kafka is set up in a way that no waiting can help
     */
    public Worker(
            Map<String, String> kafka,
            Claims claims,
            JobRunner runner,
            JobTraces traces,
            Announcements announcements,
            Patience patience,
            Consumer<ScanstreamException> misconfigured) {
        this.kafka = Map.copyOf(kafka);
        this.claims = claims;
        this.runner = runner;
        this.traces = traces;
        this.announcements = announcements;
        this.patience = patience;
        this.misconfigured = misconfigured;
        thread.setDaemon(true);
    }

    /** Starts looking for work. */
    public void start() {
        thread.start();
    }

    /** Whether the thread works or looks for work. */
    public boolean running() {
        return thread.isAlive() && !stopping;
    }

    /**
     * Stops: the job under way leaves a checkpoint and is put back.
     *
     * @param within how long that may take; after it the job is left to the one who finds its lease expired
     * @return whether it took no longer
     */
    public boolean stop(Duration within) throws InterruptedException {
        stopping = true;
        runner.stop();
        thread.join(Math.max(1, within.toMillis()));
        return !thread.isAlive();
    }

    private void loop() {
        boolean prepared = false;
        int wait = 0;
        while (!stopping) {
            try {
                if (!prepared) {
                    ShareGroup.prepare(kafka);
                    prepared = true;
                }
                Taken taken = nextClaim();
                wait = 0;
                if (taken != null) {
                    traces.within(taken.request(), taken.claim(), () -> runner.run(taken.claim()));
                }
            } catch (ScanstreamException e) {
                if (!e.code().retryable()) {
                    misconfigured.accept(e);
                    return;
                }
                LOG.warnf("no work now: %s", e.getMessage());
                patience.sleep(wait++, () -> stopping);
            } catch (KafkaException e) {
                LOG.warnf(e, "no work now: Kafka");
                patience.sleep(wait++, () -> stopping);
            }
        }
    }

    /** A claim, and what asked for the work. */
    private record Taken(ConsumerRecord<String, byte[]> request, Claim claim) {}

    /** A job, or null when the worker stops. Out of the group either way. */
    private @Nullable Taken nextClaim() {
        try (ShareGroup group = ShareGroup.join(kafka)) {
            while (!stopping) {
                Optional<ConsumerRecord<String, byte[]>> record = group.next(LOOK);
                if (record.isPresent()) {
                    Optional<Claim> claim = answered(group, record.get());
                    if (claim.isPresent()) {
                        return new Taken(record.get(), claim.get());
                    }
                }
            }
            return null;
        }
    }

    private Optional<Claim> answered(ShareGroup group, ConsumerRecord<String, byte[]> record) {
        Optional<Claim> claim;
        try {
            claim = claims.take(read(record));
        } catch (ScanstreamException e) {
            if (e.code().retryable() || !announcements.deadLetter(record, e)) {
                // Before we wait: another trainer may be better off.
                group.giveBack(record);
                throw e.code().retryable() ? e : unavailable(e);
            }
            LOG.errorf("record %s-%d is set aside: %s", record.topic(), record.offset(), e.getMessage());
            claim = Optional.empty();
        }
        group.accept(record);
        if (claim.isPresent()) {
            FaultPoint.AFTER_ACKNOWLEDGE.reached();
        }
        return claim;
    }

    static TrainingMessage read(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "a request without a value.");
        }
        TrainingMessage message = Json.read(record.value(), TrainingMessage.class);
        if (message.jobId() == null) {
            throw new ScanstreamException(ErrorCode.INVALID_REQUEST, "a request without jobId.");
        }
        return message;
    }

    private static ScanstreamException unavailable(ScanstreamException e) {
        return new ScanstreamException(
                ErrorCode.BROKER_UNAVAILABLE, "a record could not be set aside: " + e.getMessage(), e);
    }
}
