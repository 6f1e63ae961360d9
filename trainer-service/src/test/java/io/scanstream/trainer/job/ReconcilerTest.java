package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.training.TrainingMessage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconcilerTest {
    private JobDesk desk;
    private Reconciler reconciler;

    @BeforeEach
    void start(@TempDir Path folder) {
        desk = new JobDesk(folder);
        reconciler =
                new Reconciler(desk.jobs, desk.datasets, JobDesk.TIMES, JobDesk.GRACE, desk.announcements, desk.clock);
    }

    @AfterEach
    void stop() {
        desk.close();
    }

    @Test
    void asksAgainForAJobThatNobodyHasTakenForAWhile() {
        JobId id = desk.queued();
        reconciler.look();
        assertThat(desk.told.requests()).isEmpty();

        desk.clock.pass(JobDesk.GRACE);
        reconciler.look();
        assertThat(desk.told.requests()).containsExactly(new TrainingMessage.TrainingRequested(id));
    }

    @Test
    void asksAgainForAJobWhoseOwnerDied() {
        JobId id = desk.queued();
        assertThat(desk.take("a", id)).isPresent();
        desk.clock.pass(JobDesk.TIMES.lease().plus(JobDesk.GRACE).minusMillis(1));
        reconciler.look();
        assertThat(desk.told.requests()).isEmpty();

        desk.clock.pass(Duration.ofMillis(1));
        reconciler.look();
        assertThat(desk.told.requests()).containsExactly(new TrainingMessage.TrainingRequested(id));
    }

    @Test
    void asksForTheSliceThatTheJobIsAt() {
        JobId id = desk.queued();
        desk.take("a", id).orElseThrow().release();
        desk.clock.pass(JobDesk.GRACE);
        reconciler.look();

        assertThat(desk.told.requests()).containsExactly(new TrainingMessage.TrainingContinued(id, 2));
    }

    @Test
    void asksLessAndLessOftenWhileAJobOnlyWaits() {
        desk.queued();
        desk.clock.pass(JobDesk.GRACE);
        for (int look = 0; look < 120; look++) {
            reconciler.look();
            desk.clock.pass(Duration.ofSeconds(30));
        }
        // In an hour: at once, then after 1, 2, 4, 8, 16 minutes.
        assertThat(desk.told.requests()).hasSize(6);
    }

    @Test
    void clearsWhatEndedJobsLeave(@TempDir Path files) throws Exception {
        JobId training = desk.queued();
        Claim claim = desk.take("a", training).orElseThrow();
        desk.checkpoint(claim, "1 of 3 epochs");
        String named = String.valueOf(desk.head(training).checkpoint());
        Files.writeString(files.resolve("weights"), "never named");
        String orphan = desk.jobs.writeCheckpoint(training, "zombie", "1", files);
        claim.succeed("m/1");
        JobId ingest = JobId.next();
        DatasetVersion dataset = desk.datasets.reserve("d", ingest);
        desk.datasets.writeUpload(dataset, new ByteArrayInputStream(new byte[] {1}));
        JobState.Ingest work = new JobState.Ingest(dataset, desk.datasets.uploadKey(dataset));
        desk.jobs.journal(ingest).append(0, JobState.queued(ingest, work, desk.clock.instant()));
        desk.cancel(ingest);

        reconciler.look();

        for (String prefix : new String[] {named, orphan}) {
            Path empty = Files.createTempDirectory(files, "read");
            desk.jobs.readCheckpoint(prefix, empty);
            assertThat(empty).isEmptyDirectory();
        }
        assertThat(desk.datasets.openUpload(dataset)).isEmpty();
        assertThat(desk.told.requests()).isEmpty();
    }
}
