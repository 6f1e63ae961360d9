package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.job.Lease;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClaimTest {
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
    void renewsItsLease() {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        desk.clock.pass(Duration.ofSeconds(20));
        claim.renew();

        assertThat(desk.jobs.lease(id).map(Lease::expiresAt))
                .contains(desk.clock.instant().plus(JobDesk.TIMES.lease()));
        assertThat(desk.jobs.journal(id).history()).as("renewing is no entry").hasSize(2);
    }

    @Test
    void findsAtItsRenewalThatTheJobWasCancelled() {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        desk.cancel(id);
        assertThat(claim.stopRequested()).isFalse();
        claim.renew();

        assertThat(claim.stopRequested()).isTrue();
        assertThat(claim.lostTo()).extracting(JobState::status).isEqualTo(JobStatus.CANCELLED);
        assertThatThrownBy(claim::check).isInstanceOf(WorkStopped.class);
    }

    @Test
    void whatCannotBeTakenBackIsNotDoneForACancelledJob() {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        claim.confirm();
        desk.cancel(id);

        assertThatThrownBy(claim::confirm).isInstanceOf(WorkStopped.class);
        AtomicInteger calls = new AtomicInteger();
        assertThatThrownBy(() -> desk.patience.insist(claim, calls::incrementAndGet))
                .isInstanceOf(WorkStopped.class);
        assertThat(calls).hasValue(0);
    }

    @Test
    void aZombieRenewsNothing() {
        JobId id = desk.queued();
        Claim zombie = desk.take("a", id).orElseThrow();
        desk.clock.pass(JobDesk.TIMES.lease());
        assertThat(desk.take("b", id)).isPresent();
        Lease live = desk.jobs.lease(id).orElseThrow();
        desk.clock.pass(Duration.ofSeconds(1));
        zombie.renew();

        assertThat(zombie.stopRequested()).isTrue();
        assertThat(desk.jobs.lease(id)).contains(live);
    }

    @Test
    void aZombiesCheckpointIsNeverNamedAndTheOwnersStays() throws Exception {
        JobId id = desk.queued();
        Claim zombie = desk.take("a", id).orElseThrow();
        desk.checkpoint(zombie, "1 of 3 epochs");
        desk.clock.pass(JobDesk.TIMES.lease());
        Claim owner = desk.take("b", id).orElseThrow();
        desk.checkpoint(owner, "2 of 3 epochs");
        JobState before = desk.head(id);

        assertThatThrownBy(() -> desk.checkpoint(zombie, "3 of 3 epochs")).isInstanceOf(WorkStopped.class);
        assertThatThrownBy(() -> zombie.succeed("m/1")).isInstanceOf(WorkStopped.class);
        assertThatThrownBy(zombie::release).isInstanceOf(WorkStopped.class);
        assertThatThrownBy(() -> zombie.fail(ErrorCode.INTERNAL, "?")).isInstanceOf(WorkStopped.class);

        assertThat(desk.head(id)).isEqualTo(before);
        assertThat(desk.kept(id)).isEqualTo("2 of 3 epochs");
        desk.checkpoint(owner, "3 of 3 epochs");
        assertThat(desk.kept(id)).isEqualTo("3 of 3 epochs");
    }

    @Test
    void itsNextCheckpointReplacesTheLast(@TempDir Path empty) throws Exception {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        desk.checkpoint(claim, "1 of 3 epochs");
        String first = String.valueOf(desk.head(id).checkpoint());
        desk.checkpoint(claim, "2 of 3 epochs");

        assertThat(desk.kept(id)).isEqualTo("2 of 3 epochs");
        assertThat(desk.head(id).checkpoint()).isNotEqualTo(first);
        desk.jobs.readCheckpoint(first, empty);
        assertThat(empty).isEmptyDirectory();
    }

    @Test
    void meetsItsOwnEntryWhenTheAnswerToItWasLost() {
        JobId id = desk.queued();
        Claim claim = desk.take("a", id).orElseThrow();
        Instant now = desk.clock.instant();
        // As if the store had written it and the connection had broken before it could say so.
        assertThat(desk.jobs.journal(id).append(2, claim.state().checkpointed("p/", "1 of 3 epochs", now)))
                .isTrue();
        desk.checkpoint(claim, "2 of 3 epochs");
        assertThat(desk.head(id).step()).isEqualTo("2 of 3 epochs");

        assertThat(desk.jobs.journal(id).append(4, claim.state().succeeded("m/1", now)))
                .isTrue();
        claim.succeed("m/1");
        assertThat(desk.jobs.journal(id).history()).hasSize(5);
        assertThat(claim.lostTo()).isNull();
    }
}
