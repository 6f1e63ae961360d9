package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import io.scanstream.storage.ObjectStore;
import io.scanstream.trainer.TestClock;
import io.scanstream.trainer.TestStore;
import io.scanstream.trainer.TinyImages;
import io.scanstream.trainer.Told;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The parts of the job protocol on a real store and a clock that stands still. */
public final class JobDesk implements AutoCloseable {
    static final LeaseTimes TIMES = new LeaseTimes(Duration.ofSeconds(60), Duration.ofSeconds(20));
    static final Duration GRACE = Duration.ofSeconds(60);

    public final TestClock clock = new TestClock();
    public final Told told = new Told();
    public final Announcements announcements = new Announcements(told);
    public final Jobs jobs;
    public final Datasets datasets;
    public final Blobs blobs;
    public final Patience patience = new Patience(announcements, clock, Duration.ofMillis(1), Duration.ofMillis(10));

    private final Path folder;
    private final TestStore server;

    public JobDesk(Path folder) {
        this.folder = folder;
        this.server = new TestStore(folder.resolve("store"));
        this.jobs = new Jobs(server.store());
        this.datasets = new Datasets(server.store());
        this.blobs = new Blobs(server.store());
    }

    public ObjectStore store() {
        return server.store();
    }

    /** Queues a job, takes it, and runs it to the end of this claim. */
    public JobState run(JobId id, JobState.Work what, Work work) {
        JobState queued = JobState.queued(id, what, clock.instant());
        assertThat(jobs.journal(id).append(0, queued)).isTrue();
        try (JobRunner runner = new JobRunner(Map.of(queued.kind(), work), TIMES, announcements, patience, clock)) {
            runner.run(take("a", id).orElseThrow());
        }
        return head(id);
    }

    JobId queued() {
        JobId id = JobId.next();
        byte[] recipe = TinyImages.recipe(3).getBytes(StandardCharsets.UTF_8);
        JobState.Training work = new JobState.Training("m", new DatasetVersion("d", 1), RecipeReader.read(recipe));
        assertThat(jobs.journal(id).append(0, JobState.queued(id, work, clock.instant())))
                .isTrue();
        return id;
    }

    Optional<Claim> take(String trainer, JobId id) {
        return take(trainer, new TrainingMessage.TrainingRequested(id));
    }

    Optional<Claim> take(String trainer, TrainingMessage message) {
        return new Claims(jobs, trainer, TIMES, announcements, clock).take(message);
    }

    JobState head(JobId id) {
        return jobs.journal(id).head().map(Journal.Entry::value).orElseThrow();
    }

    void cancel(JobId id) {
        jobs.journal(id).update(head -> Optional.of(head.orElseThrow().value().cancelled("enough", clock.instant())));
    }

    /** Has the claim keep a checkpoint of one small file. */
    void checkpoint(Claim claim, String step) {
        try {
            Path files = Files.createTempDirectory(folder, "checkpoint");
            Files.writeString(files.resolve("weights"), step);
            claim.checkpoint(files, step, List.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the file of the checkpoint holds that the journal names. */
    String kept(JobId id) throws IOException {
        Path files = Files.createTempDirectory(folder, "kept");
        jobs.readCheckpoint(String.valueOf(head(id).checkpoint()), files);
        return Files.readString(files.resolve("weights"));
    }

    @Override
    public void close() {
        server.close();
    }
}
