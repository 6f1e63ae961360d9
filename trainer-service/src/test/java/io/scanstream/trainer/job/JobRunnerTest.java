package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobKind;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobRunnerTest {
    private static final LeaseTimes OFTEN = new LeaseTimes(Duration.ofSeconds(60), Duration.ofMillis(20));

    private JobDesk desk;

    @BeforeEach
    void start(@TempDir Path folder) {
        desk = new JobDesk(folder);
    }

    @AfterEach
    void stop() {
        desk.close();
    }

    private JobRunner runner(Work work) {
        return new JobRunner(Map.of(JobKind.TRAINING, work), OFTEN, desk.announcements, desk.patience, desk.clock);
    }

    private JobState run(Work work) {
        JobId id = desk.queued();
        try (JobRunner runner = runner(work)) {
            runner.run(desk.take("a", id).orElseThrow());
        }
        return desk.head(id);
    }

    private static Work.Done done(Claim claim) {
        return new Work.Done(
                "m/1",
                new TrainingEvent.TrainingSucceeded(
                        claim.id(), "m", "1", Map.of(), List.of(), claim.state().at()));
    }

    private TrainingEvent lastEvent() {
        List<TrainingEvent> events = desk.told.events();
        return events.get(events.size() - 1);
    }

    @Test
    void whatIsDoneSucceeds() {
        JobState end = run(JobRunnerTest::done);

        assertThat(end.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(end.result()).isEqualTo("m/1");
        assertThat(lastEvent()).isInstanceOf(TrainingEvent.TrainingSucceeded.class);
    }

    @Test
    void theEndOfASliceQueuesTheNext() {
        JobState end = run(claim -> {
            desk.checkpoint(claim, "1 of 3 epochs");
            return new Work.SliceOver();
        });

        assertThat(end.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(end.slice()).isEqualTo(2);
        assertThat(end.owner()).isNull();
        assertThat(end.checkpoint()).isNotNull();
        assertThat(desk.told.requests()).containsExactly(new TrainingMessage.TrainingContinued(end.id(), 2));
        assertThat(lastEvent())
                .isEqualTo(new TrainingEvent.SliceCompleted(end.id(), 1, "1 of 3 epochs", desk.clock.instant()));
    }

    @Test
    void whatNoWaitingCanHelpFails() {
        JobState end = run(claim -> {
            throw new ScanstreamException(ErrorCode.INVALID_DATASET, "nothing in it");
        });

        assertThat(end.status()).isEqualTo(JobStatus.FAILED);
        assertThat(end.errorCode()).isEqualTo(ErrorCode.INVALID_DATASET);
        assertThat(end.reason()).isEqualTo("nothing in it");
        assertThat(lastEvent())
                .isEqualTo(new TrainingEvent.TrainingFailed(
                        end.id(), ErrorCode.INVALID_DATASET, "nothing in it", desk.clock.instant()));
    }

    @Test
    void aDefectFailsWithItsName() {
        JobState end = run(claim -> {
            throw new ArithmeticException("/ by zero");
        });

        assertThat(end.errorCode()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(end.reason()).contains("ArithmeticException").contains("/ by zero");
    }

    @Test
    void whatIsAwayIsWaitedForAndNothingIsCounted() {
        AtomicInteger runs = new AtomicInteger();
        JobState end = run(claim -> {
            int run = runs.incrementAndGet();
            if (run == 1) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "away");
            }
            if (run == 2) {
                // As it arrives from within a batch.
                throw new IllegalStateException(
                        "a batch", new UncheckedIOException(new IOException("No space left on device")));
            }
            return done(claim);
        });

        assertThat(end.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(end.attempts()).isZero();
        assertThat(runs).hasValue(3);
        assertThat(desk.told.events())
                .filteredOn(TrainingEvent.TrainingDelayed.class::isInstance)
                .extracting(event -> ((TrainingEvent.TrainingDelayed) event).code())
                .containsExactly(ErrorCode.STORE_UNAVAILABLE, ErrorCode.DISK_FULL);
    }

    @Test
    void anOutageIsToldOnceAndTheNextOneAfterProgressAgain() {
        AtomicInteger runs = new AtomicInteger();
        JobState end = run(claim -> {
            int run = runs.incrementAndGet();
            if (run == 3) {
                desk.checkpoint(claim, "1 of 3 epochs");
            }
            if (run < 5) {
                throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "away at run " + run);
            }
            return done(claim);
        });

        assertThat(end.status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(desk.told.events())
                .filteredOn(TrainingEvent.TrainingDelayed.class::isInstance)
                .extracting(event -> ((TrainingEvent.TrainingDelayed) event).reason())
                .containsExactly("away at run 1", "away at run 3");
    }

    @Test
    void aFullDiskInsideOtherErrorsIsWaitedFor() {
        Throwable wrapped = new IllegalStateException(
                "a batch", new UncheckedIOException(new IOException("No space left on device")));
        assertThat(JobRunner.reasonOf(wrapped).code()).isEqualTo(ErrorCode.DISK_FULL);
        Throwable outage = new ScanstreamException(
                ErrorCode.INVALID_DATASET,
                "an image cannot be read",
                new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "away"));
        assertThat(JobRunner.reasonOf(outage).code()).isEqualTo(ErrorCode.STORE_UNAVAILABLE);
    }

    @Test
    void aCancelledJobStopsAtTheNextRenewal() {
        JobState end = run(claim -> {
            desk.cancel(claim.id());
            waitUntilStopped(claim);
            claim.check();
            return done(claim);
        });

        assertThat(end.status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(lastEvent())
                .isEqualTo(new TrainingEvent.TrainingCancelled(end.id(), "enough", desk.clock.instant()));
    }

    @Test
    void aHintMakesItLookAtOnce() throws Exception {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        CountDownLatch working = new CountDownLatch(1);
        Work work = running -> {
            working.countDown();
            waitUntilStopped(running);
            throw new IllegalStateException("cut off");
        };
        LeaseTimes never = new LeaseTimes(Duration.ofHours(4), Duration.ofHours(2));
        try (JobRunner runner =
                new JobRunner(Map.of(JobKind.TRAINING, work), never, desk.announcements, desk.patience, desk.clock)) {
            Thread thread = new Thread(() -> runner.run(claim));
            thread.start();
            working.await();
            desk.cancel(id);
            runner.hurry(JobId.next());
            runner.hurry(id);
            thread.join();
        }
        assertThat(lastEvent()).isInstanceOf(TrainingEvent.TrainingCancelled.class);
    }

    @Test
    void aJobThatWasTakenAwayIsLeftWithoutAWord() {
        JobState end = run(claim -> {
            desk.clock.pass(JobDesk.TIMES.lease());
            assertThat(desk.take("b", claim.id())).isPresent();
            waitUntilStopped(claim);
            throw new IllegalStateException("something broke because of it");
        });

        assertThat(end.status()).isEqualTo(JobStatus.RUNNING);
        assertThat(end.owner()).isNotNull();
        assertThat(end.owner().trainer()).isEqualTo("b");
        assertThat(lastEvent()).isInstanceOf(TrainingEvent.TrainingAccepted.class);
    }

    @Test
    void aStopPutsTheJobBack() throws Exception {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        CountDownLatch working = new CountDownLatch(1);
        try (JobRunner runner = runner(running -> {
            working.countDown();
            waitUntilStopped(running);
            running.check();
            return done(running);
        })) {
            Thread thread = new Thread(() -> runner.run(claim));
            thread.start();
            working.await();
            runner.stop();
            thread.join();
        }

        assertThat(desk.head(id).status()).isEqualTo(JobStatus.QUEUED);
        assertThat(desk.head(id).slice()).isEqualTo(2);
        assertThat(desk.told.requests()).containsExactly(new TrainingMessage.TrainingContinued(id, 2));
    }

    private static void waitUntilStopped(Claim claim) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!claim.stopRequested()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("the claim never said stop");
            }
            Thread.onSpinWait();
        }
    }
}
