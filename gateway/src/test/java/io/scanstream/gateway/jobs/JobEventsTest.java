package io.scanstream.gateway.jobs;

import static io.scanstream.gateway.testing.Fixtures.epoch;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.TestStore;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JobEventsTest {
    private static final DatasetVersion DATASET = new DatasetVersion("lung", 1);

    private static TestStore store;

    private Jobs jobs;
    private Models models;
    private Datasets datasets;
    private JobBoard board;
    private JobEvents events;
    private final List<TrainingEvent> heard = new ArrayList<>();

    @BeforeAll
    static void start() {
        store = new TestStore();
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    @BeforeEach
    void board() {
        jobs = new Jobs(store.client());
        models = new Models(store.client());
        datasets = new Datasets(store.client());
        board = new JobBoard(jobs);
        events = new JobEvents(board, jobs, models, datasets);
    }

    @Test
    void tellsWhatTheStoreKnowsThenWhatComesAndEndsWithTheEnd() {
        JobId id = training();
        change(id, job -> job.claimed(new JobState.Owner("t", "trainer-1"), false, Instant.EPOCH));
        jobs.writeHistory(id, List.of(epoch(id, 1, true), epoch(id, 2, false)));

        watch(id, 0);
        events.saw(epoch(id, 2, false));
        events.saw(epoch(JobId.next(), 3, true));
        events.saw(epoch(id, 3, true));
        events.saw(new TrainingEvent.TrainingFailed(id, ErrorCode.TRAINING_DIVERGED, "not finite", Instant.EPOCH));
        events.saw(epoch(id, 4, true));

        assertThat(heard)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly(
                        "TrainingAccepted", "EpochCompleted", "EpochCompleted", "EpochCompleted", "TrainingFailed");
    }

    @Test
    void goesOnAfterAnEpoch() {
        JobId id = training();
        jobs.writeHistory(id, List.of(epoch(id, 1, true), epoch(id, 2, false), epoch(id, 3, false)));

        watch(id, 2);

        assertThat(heard).containsExactly(epoch(id, 3, false));
    }

    @Test
    void tellsTheEndOfATrainingThatIsOverWithItsTestFigures() {
        JobId id = training();
        ModelVersion model = ModelVersion.of("tiny", id);
        Fixtures.publish(models, model);
        change(id, job -> job.succeeded(model.toString(), Instant.EPOCH));

        watch(id, 0);

        assertThat(heard).singleElement().isInstanceOfSatisfying(TrainingEvent.TrainingSucceeded.class, end -> {
            assertThat(end.version()).isEqualTo(model.version());
            assertThat(end.testMetrics()).containsEntry("accuracy", 0.75);
        });
    }

    @Test
    void tellsTheEndOfAnIngestWithItsCounts() {
        JobId id = JobId.next();
        jobs.journal(id).append(0, JobState.queued(id, new JobState.Ingest(DATASET, "upload"), Instant.EPOCH));
        datasets.writeManifest(Fixtures.manifest(DATASET));
        change(id, job -> job.succeeded(DATASET.toString(), Instant.EPOCH));

        watch(id, 0);

        assertThat(heard).containsExactly(new TrainingEvent.DatasetReady(id, DATASET, 8, 1, Instant.EPOCH));
    }

    @Test
    void aLostLastEventIsFoundInTheStore() {
        JobId id = training();
        watch(id, 0);
        change(id, job -> job.cancelled("by somebody", Instant.EPOCH));
        assertThat(heard).isEmpty();

        board.refresh();
        events.boardRefreshed();
        events.boardRefreshed();

        assertThat(heard).containsExactly(new TrainingEvent.TrainingCancelled(id, "by somebody", Instant.EPOCH));
    }

    @Test
    void anEventMakesTheBoardReadTheJournalAgain() {
        JobId id = training();
        assertThat(board.find(id).map(JobState::status)).contains(JobStatus.QUEUED);
        change(id, job -> job.claimed(new JobState.Owner("t", "trainer-1"), false, Instant.EPOCH));
        assertThat(board.find(id).map(JobState::status)).contains(JobStatus.QUEUED);

        events.saw(new TrainingEvent.TrainingAccepted(id, "trainer-1", 1, null, Instant.EPOCH));

        assertThat(board.find(id).map(JobState::status)).contains(JobStatus.RUNNING);
    }

    @Test
    void remembersTheProgressOfAJobUntilItEnds() {
        JobId id = training();
        TrainingEvent.TrainingProgressed progress =
                new TrainingEvent.TrainingProgressed(id, 1, 3, 5, 10, 0.5, 100, 9, Instant.EPOCH);
        events.saw(progress);
        assertThat(board.progress(id)).contains(progress);

        change(id, job -> job.failed(ErrorCode.POISON, "three times", Instant.EPOCH));
        board.refresh();
        events.saw(progress);

        assertThat(board.progress(id)).isEmpty();
    }

    @Test
    void findsAJobThatAnotherReplicaTookAndNoneThatIsNot() {
        JobId id = training();

        assertThat(board.all()).isEmpty();
        assertThat(board.find(id)).isPresent();
        assertThat(board.find(JobId.next())).isEmpty();
    }

    @Test
    void whoStopsWatchingHearsNoMore() {
        JobId id = training();
        Runnable stop = watch(id, 0);
        stop.run();

        events.saw(epoch(id, 1, true));

        assertThat(heard).isEmpty();
    }

    private JobId training() {
        JobId id = JobId.next();
        jobs.journal(id)
                .append(
                        0,
                        JobState.queued(id, new JobState.Training("tiny", DATASET, Fixtures.recipe()), Instant.EPOCH));
        return id;
    }

    private void change(JobId id, UnaryOperator<JobState> change) {
        jobs.journal(id)
                .update(head -> Optional.of(change.apply(head.orElseThrow().value())));
    }

    private Runnable watch(JobId id, int after) {
        return events.watch(board.find(id).orElseThrow(), after, heard::add);
    }

    @Test
    void testMetricsAreLeftOutWhereTheCardIsNotThere() {
        JobId id = training();
        change(id, job -> job.succeeded("tiny/x", Instant.EPOCH));

        watch(id, 0);

        assertThat(heard)
                .singleElement()
                .isInstanceOfSatisfying(TrainingEvent.TrainingSucceeded.class, end -> assertThat(end.testMetrics())
                        .isEqualTo(Map.of()));
    }
}
