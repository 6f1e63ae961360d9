package io.scanstream.gateway.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class JobMetersTest {
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    private static TestStore store;

    private final JobBoard board = new JobBoard(new Jobs(store.client()));
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    @BeforeAll
    static void start() {
        store = new TestStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @Test
    void countsJobsByStatusAndTellsHowLongTheyWaitAndAreSilent() {
        new JobMeters(board, Clock.fixed(NOW, ZoneOffset.UTC)).bindTo(metrics);
        JobState.Owner owner = new JobState.Owner("token", "trainer-1");
        job(queued(60));
        job(queued(90));
        job(queued(600).claimed(owner, false, NOW.minusSeconds(300)));
        job(queued(9000).claimed(owner, false, NOW.minusSeconds(8000)).succeeded("lung/1", NOW.minusSeconds(7000)));

        assertThat(jobs("QUEUED")).isEqualTo(2);
        assertThat(jobs("RUNNING")).isEqualTo(1);
        assertThat(jobs("SUCCEEDED")).isEqualTo(1);
        assertThat(jobs("FAILED")).isZero();
        assertThat(gauge("scanstream.jobs.waiting")).isEqualTo(90);
        assertThat(gauge("scanstream.jobs.silent")).isEqualTo(300);
    }

    @Test
    void nothingWaitsWhereThereIsNothing() {
        new JobMeters(board, Clock.systemUTC()).bindTo(metrics);

        assertThat(gauge("scanstream.jobs.waiting")).isZero();
        assertThat(gauge("scanstream.jobs.silent")).isZero();
    }

    private static JobState queued(long secondsAgo) {
        return JobState.queued(
                JobId.next(),
                new JobState.Ingest(new DatasetVersion("lung", 1), "uploads/1"),
                NOW.minus(Duration.ofSeconds(secondsAgo)));
    }

    private void job(JobState state) {
        board.put(state.id(), new Journal.Entry<>(1, state));
    }

    private double jobs(String status) {
        return metrics.get("scanstream.jobs").tag("status", status).gauge().value();
    }

    private double gauge(String name) {
        return metrics.get(name).gauge().value();
    }
}
