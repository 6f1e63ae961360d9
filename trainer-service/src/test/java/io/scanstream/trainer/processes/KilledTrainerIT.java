package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kills a trainer at every arrow of the job protocol, as SIGKILL does: another one finishes the job, from the checkpoint that
 * the journal named, and there is one model version.
 */
@Tag("kills")
class KilledTrainerIT {
    private static final int EPOCHS = 4;

    @TempDir
    static Path folder;

    private static Grounds grounds;
    private static DatasetVersion dataset;
    private static int models;

    @BeforeAll
    static void prepare() throws Exception {
        grounds = new Grounds(folder);
        dataset = grounds.dataset("tiny", 40);
    }

    @AfterEach
    void clear() {
        grounds.clear();
    }

    @AfterAll
    static void close() {
        grounds.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "AFTER_CLAIM",
                "AFTER_ACKNOWLEDGE",
                "MID_EPOCH@18",
                "AFTER_UPLOAD@2",
                "AFTER_CHECKPOINT@2",
                "AFTER_RELEASE",
                "AFTER_PUBLISH",
                "BEFORE_SUCCESS"
            })
    void anotherFinishesTheJob(String point) throws Exception {
        String model = "tiny-" + ++models;
        TrainerProcess doomed = point.equals("AFTER_RELEASE")
                ? grounds.trainer(Map.of("scanstream.training.slice", "1ms"))
                : grounds.trainer();
        doomed.dyingAt(point);
        JobId job = grounds.askForTraining(model, dataset, EPOCHS);
        grounds.await(job, state -> state.status() != JobStatus.QUEUED || state.slice() > 1);
        // The other one starts while this one still works: the lease keeps the job from it.
        TrainerProcess survivor = grounds.another();
        assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
        JobState left = leftBehind(job, doomed);
        grounds.awaitSuccess(job);
        grounds.awaitLast(job, TrainingEvent.TrainingSucceeded.class);

        assertThat(grounds.owners(job)).containsExactly(doomed.name(), survivor.name());
        assertThat(grounds.models.versions(model)).containsExactly(ModelVersion.of(model, job));
        assertThat(grounds.aliases.journal(model, "champion").history()).hasSize(1);
        assertThat(grounds.jobs.history(job))
                .extracting(TrainingEvent.EpochCompleted::epoch)
                .containsExactly(1, 2, 3, 4);
        TrainingEvent.TrainingAccepted resumed = accepted(job, survivor);
        assertThat(resumed.resumedAt()).isEqualTo(left.step());
        assertThat(epochsSince(resumed)).containsExactlyElementsOf(after(left));
        assertThat(grounds.events(ModelVersion.of(model, job)))
                .hasAtLeastOneElementOfType(ModelEvent.ModelPublished.class);
        grounds.leave(survivor);
    }

    /** The newest entry that a trainer wrote. */
    private static JobState leftBehind(JobId job, TrainerProcess trainer) {
        List<JobState> entries = grounds.jobs.journal(job).history().stream()
                .map(entry -> entry.value())
                .filter(state ->
                        state.owner() == null || state.owner().trainer().equals(trainer.name()))
                .filter(state -> !state.status().ended())
                .toList();
        return entries.get(entries.size() - 1);
    }

    private static TrainingEvent.TrainingAccepted accepted(JobId job, TrainerProcess trainer) {
        return grounds.events(job).stream()
                .filter(TrainingEvent.TrainingAccepted.class::isInstance)
                .map(TrainingEvent.TrainingAccepted.class::cast)
                .filter(accepted -> accepted.trainer().equals(trainer.name()))
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> epochsSince(TrainingEvent.TrainingAccepted accepted) {
        List<TrainingEvent> events = grounds.events(accepted.jobId());
        int from = events.indexOf(accepted);
        return events.subList(from, events.size()).stream()
                .filter(TrainingEvent.EpochCompleted.class::isInstance)
                .map(event -> ((TrainingEvent.EpochCompleted) event).epoch())
                .toList();
    }

    /** The epochs that a checkpoint leaves to be done. */
    private static List<Integer> after(JobState left) {
        String step = left.step();
        int done =
                step == null || step.startsWith("epoch") ? 0 : Integer.parseInt(step.substring(0, step.indexOf(' ')));
        return List.of(1, 2, 3, 4).subList(done, EPOCHS);
    }

    @Test
    void aJobThatEndedStaysEnded() throws Exception {
        TrainerProcess doomed = grounds.trainer().dyingAt("AFTER_SUCCESS");
        JobId job = grounds.askForTraining("ended", dataset, 1);
        assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
        assertThat(grounds.head(job).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(grounds.models.versions("ended")).hasSize(1);
        assertThat(grounds.aliases.version("ended", "champion")).isPresent();
    }

    @Test
    void anUploadIsReadAgain() throws Exception {
        TrainerProcess doomed = grounds.trainer().dyingAt("AFTER_MANIFEST");
        JobId job = grounds.askForIngest("killed", 12);
        grounds.await(job, state -> state.status() == JobStatus.RUNNING);
        TrainerProcess survivor = grounds.another();
        assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
        assertThat(grounds.awaitSuccess(job).result()).isEqualTo("killed/1");
        grounds.awaitLast(job, TrainingEvent.DatasetReady.class);

        DatasetVersion version = new DatasetVersion("killed", 1);
        assertThat(grounds.datasets.manifest(version).orElseThrow().entries()).hasSize(24);
        assertThat(grounds.datasets.openUpload(version)).isEmpty();
        grounds.leave(survivor);
    }

    @Test
    void threeDeathsAtOneStepEndAJob() throws Exception {
        List<TrainerProcess> doomed = List.of(
                grounds.trainer().dyingAt("MID_EPOCH"),
                grounds.another().dyingAt("MID_EPOCH"),
                grounds.another().dyingAt("MID_EPOCH"));
        JobId job = grounds.askForTraining("poison", dataset, EPOCHS);
        for (TrainerProcess trainer : doomed) {
            assertThat(trainer.awaitExit()).as(trainer::log).isEqualTo(TrainerProcess.KILLED);
        }
        TrainerProcess survivor = grounds.another();
        JobState end = grounds.awaitEnd(job);
        assertThat(end.status()).isEqualTo(JobStatus.FAILED);
        assertThat(end.errorCode()).isEqualTo(ErrorCode.POISON);
        List<String> owners = grounds.owners(job);
        assertThat(owners)
                .containsExactlyInAnyOrderElementsOf(
                        doomed.stream().map(TrainerProcess::name).toList());
        assertThat(end.reason()).contains("before the first checkpoint").contains(owners.get(2));
        assertThat(grounds.models.versions("poison")).isEmpty();
        grounds.leave(survivor);
    }
}
