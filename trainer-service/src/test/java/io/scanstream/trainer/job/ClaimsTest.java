package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.job.Lease;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimsTest {
    private static final Duration MOMENT = Duration.ofMillis(1);

    private static JobDesk desk;

    @BeforeAll
    static void start(@TempDir Path folder) {
        desk = new JobDesk(folder);
    }

    @AfterAll
    static void stop() {
        desk.close();
    }

    @Test
    void takesAQueuedJobAndShowsASignOfLife() {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();

        JobState state = desk.head(id);
        assertThat(state.status()).isEqualTo(JobStatus.RUNNING);
        assertThat(state.owner()).isNotNull();
        assertThat(state.owner().trainer()).isEqualTo("a");
        assertThat(state.attempts()).isZero();
        Lease lease = desk.jobs.lease(id).orElseThrow();
        assertThat(lease.token()).isEqualTo(state.owner().token());
        assertThat(lease.expiresAt()).isEqualTo(desk.clock.instant().plus(JobDesk.TIMES.lease()));
        assertThat(claim.stopRequested()).isFalse();
        assertThat(desk.told.events())
                .last()
                .isEqualTo(new TrainingEvent.TrainingAccepted(id, "a", 1, null, desk.clock.instant()));
    }

    @Test
    void leavesAJobToTheOneWhoseLeaseIsLive() {
        JobId id = desk.queued();
        assertThat(desk.take("a", id)).isPresent();
        desk.clock.pass(JobDesk.TIMES.lease().minus(MOMENT));

        assertThat(desk.take("b", id)).isEmpty();
    }

    @Test
    void takesAJobWhoseLeaseHasExpiredAndCountsTheDeath() {
        JobId id = desk.queued();
        assertThat(desk.take("a", id)).isPresent();
        desk.clock.pass(JobDesk.TIMES.lease());

        assertThat(desk.take("b", id)).isPresent();
        assertThat(desk.head(id).attempts()).isEqualTo(1);
    }

    @Test
    void aClaimWithoutALeaseIsASignOfLifeItself() {
        JobId id = desk.queued();
        JobState claimed = desk.head(id).claimed(new JobState.Owner("token", "a"), false, desk.clock.instant());
        desk.jobs.journal(id).append(1, claimed);
        desk.jobs.renew(id, new Lease("of another token", desk.clock.instant()));

        assertThat(desk.take("b", id)).isEmpty();
        desk.clock.pass(JobDesk.TIMES.lease());
        assertThat(desk.take("b", id)).isPresent();
    }

    @Test
    void dropsWhatIsOutOfDate() {
        JobId id = desk.queued();
        desk.take("a", id).orElseThrow().release();
        assertThat(desk.head(id).slice()).isEqualTo(2);

        assertThat(desk.take("b", new TrainingMessage.TrainingRequested(id))).isEmpty();
        assertThat(desk.take("b", new TrainingMessage.TrainingContinued(id, 2))).isPresent();
        assertThat(desk.head(id).attempts()).as("nobody died").isZero();
    }

    @Test
    void dropsWhatHasEnded() {
        JobId succeeded = desk.queued();
        desk.take("a", succeeded).orElseThrow().succeed("m/1");
        JobId cancelled = desk.queued();
        desk.cancel(cancelled);

        assertThat(desk.take("b", succeeded)).isEmpty();
        assertThat(desk.take("b", cancelled)).isEmpty();
    }

    @Test
    void refusesAJobThatNobodyHasWrittenDown() {
        assertThatThrownBy(() -> desk.take("a", JobId.next()))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_JOB));
    }

    @Test
    void ofManyAtOnceOneGetsTheJob() throws Exception {
        ExecutorService trainers = Executors.newFixedThreadPool(8);
        try {
            for (int round = 0; round < 5; round++) {
                JobId id = desk.queued();
                List<Callable<Boolean>> takes = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    String name = "t" + i;
                    takes.add(() -> desk.take(name, id).isPresent());
                }
                int taken = 0;
                for (Future<Boolean> take : trainers.invokeAll(takes)) {
                    taken += take.get() ? 1 : 0;
                }
                assertThat(taken).isEqualTo(1);
                assertThat(desk.jobs.journal(id).history()).hasSize(2);
            }
        } finally {
            trainers.shutdownNow();
        }
    }

    @Test
    void afterThreeDeathsAtOneStepTheJobIsSetAside() {
        JobId id = desk.queued();
        Claim first = desk.take("a", id).orElseThrow();
        desk.checkpoint(first, "1 of 3 epochs");
        for (String trainer : List.of("b", "c")) {
            desk.clock.pass(JobDesk.TIMES.lease());
            assertThat(desk.take(trainer, id)).isPresent();
        }
        desk.clock.pass(JobDesk.TIMES.lease());

        assertThat(desk.take("d", id)).isEmpty();
        JobState end = desk.head(id);
        assertThat(end.status()).isEqualTo(JobStatus.FAILED);
        assertThat(end.errorCode()).isEqualTo(ErrorCode.POISON);
        assertThat(end.reason())
                .contains("3 processes")
                .contains("1 of 3 epochs")
                .contains("c");
        assertThat(desk.told.events()).last().isInstanceOf(TrainingEvent.TrainingFailed.class);
    }

    @Test
    void progressClearsDeathsAndTheSameStepDoesNot() {
        JobId id = desk.queued();
        desk.checkpoint(desk.take("a", id).orElseThrow(), "1 of 3 epochs");
        desk.clock.pass(JobDesk.TIMES.lease());
        Claim second = desk.take("b", id).orElseThrow();

        desk.checkpoint(second, "1 of 3 epochs");
        assertThat(desk.head(id).attempts()).isEqualTo(1);
        desk.checkpoint(second, "2 of 3 epochs");
        assertThat(desk.head(id).attempts()).isZero();
    }
}
