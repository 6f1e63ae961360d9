package io.scanstream.gateway.jobs;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;

/**
 * What the journals say of all jobs, as gauges: how many there are of each status, how long the oldest one has waited, and
 * how long the most silent of those that run has written nothing. Every replica says the same.
 */
public final class JobMeters implements MeterBinder {
    private final JobBoard board;
    private final Clock clock;

    public JobMeters(JobBoard board, Clock clock) {
        this.board = board;
        this.clock = clock;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (JobStatus status : JobStatus.values()) {
            Gauge.builder("scanstream.jobs", () -> count(status))
                    .description("Jobs that are " + status.name().toLowerCase(Locale.ROOT))
                    .tag("status", status.name())
                    .register(registry);
        }
        Gauge.builder("scanstream.jobs.waiting", () -> longest(JobStatus.QUEUED))
                .description("How long the job that waits for longest has been queued; 0 if none is")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("scanstream.jobs.silent", () -> longest(JobStatus.RUNNING))
                .description(
                        "How long the job that is silent for longest has written nothing to its journal; 0 if none runs")
                .baseUnit("seconds")
                .register(registry);
    }

    private long count(JobStatus status) {
        return board.all().stream().filter(job -> job.status() == status).count();
    }

    private double longest(JobStatus status) {
        Instant now = clock.instant();
        return board.all().stream()
                .filter(job -> job.status() == status)
                .map(JobState::at)
                .min(Comparator.naturalOrder())
                .map(since -> Math.max(0, Duration.between(since, now).toMillis() / 1000.0))
                .orElse(0.0);
    }
}
