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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kills a trainer at every arrow of the job protocol, as SIGKILL does: another one finishes the job, from the checkpoint that
 * the journal named, and there is one model version.
 */
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
    void leaveNothingToDo() {
        grounds.cancelAll();
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
        JobId job = grounds.askForTraining(model, dataset, EPOCHS);
        Map<String, String> slice =
                point.equals("AFTER_RELEASE") ? Map.of("scanstream.training.slice", "1ms") : Map.of();
        JobState left;
        try (TrainerProcess doomed = grounds.trainer("doomed", Map.of("SCANSTREAM_FAULT", point), slice)) {
            grounds.await(job, state -> state.status() != JobStatus.QUEUED || state.slice() > 1);
            // The other one starts while this one still works: the lease keeps the job from it.
            try (TrainerProcess survivor = grounds.trainer("survivor")) {
                assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
                left = leftBehind(job);
                grounds.awaitSuccess(job);
                grounds.awaitLast(job, TrainingEvent.TrainingSucceeded.class);
                assertThat(survivor.alive()).isTrue();
            }
        }

        assertThat(grounds.owners(job)).containsExactly("doomed", "survivor");
        assertThat(grounds.models.versions(model)).containsExactly(ModelVersion.of(model, job));
        assertThat(grounds.aliases.journal(model, "champion").history()).hasSize(1);
        assertThat(grounds.jobs.history(job))
                .extracting(TrainingEvent.EpochCompleted::epoch)
                .containsExactly(1, 2, 3, 4);
        assertThat(resumed(job).resumedAt()).isEqualTo(left.step());
        assertThat(epochsOfTheSurvivor(job)).containsExactlyElementsOf(after(left));
        assertThat(grounds.events(ModelVersion.of(model, job)))
                .hasAtLeastOneElementOfType(ModelEvent.ModelPublished.class);
    }

    /** The newest entry that the doomed one wrote. */
    private static JobState leftBehind(JobId job) {
        List<JobState> entries = grounds.jobs.journal(job).history().stream()
                .map(entry -> entry.value())
                .filter(state ->
                        state.owner() == null || state.owner().trainer().equals("doomed"))
                .filter(state -> !state.status().ended())
                .toList();
        return entries.get(entries.size() - 1);
    }

    private static TrainingEvent.TrainingAccepted resumed(JobId job) {
        return grounds.events(job).stream()
                .filter(TrainingEvent.TrainingAccepted.class::isInstance)
                .map(TrainingEvent.TrainingAccepted.class::cast)
                .filter(accepted -> accepted.trainer().equals("survivor"))
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> epochsOfTheSurvivor(JobId job) {
        List<TrainingEvent> events = grounds.events(job);
        int from = events.indexOf(resumed(job));
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
        JobId job = grounds.askForTraining("ended", dataset, 1);
        try (TrainerProcess doomed = grounds.doomed("doomed", "AFTER_SUCCESS")) {
            assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
        }
        assertThat(grounds.head(job).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(grounds.models.versions("ended")).hasSize(1);
        assertThat(grounds.aliases.version("ended", "champion")).isPresent();
    }

    @Test
    void anUploadIsReadAgain() throws Exception {
        JobId job = grounds.askForIngest("killed", 12);
        try (TrainerProcess doomed = grounds.doomed("doomed", "AFTER_MANIFEST")) {
            grounds.await(job, state -> state.status() == JobStatus.RUNNING);
            try (TrainerProcess survivor = grounds.trainer("survivor")) {
                assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
                assertThat(grounds.awaitSuccess(job).result()).isEqualTo("killed/1");
                grounds.awaitLast(job, TrainingEvent.DatasetReady.class);
                assertThat(survivor.alive()).isTrue();
            }
        }
        DatasetVersion version = new DatasetVersion("killed", 1);
        assertThat(grounds.datasets.manifest(version).orElseThrow().entries()).hasSize(24);
        assertThat(grounds.datasets.openUpload(version)).isEmpty();
    }

    @Test
    void threeDeathsAtOneStepEndAJob() throws Exception {
        JobId job = grounds.askForTraining("poison", dataset, EPOCHS);
        for (int death = 1; death <= 3; death++) {
            try (TrainerProcess doomed = grounds.doomed("doomed-" + death, "MID_EPOCH")) {
                assertThat(doomed.awaitExit()).as(doomed::log).isEqualTo(TrainerProcess.KILLED);
            }
        }
        try (TrainerProcess survivor = grounds.trainer("survivor")) {
            JobState end = grounds.awaitEnd(job);
            assertThat(end.status()).isEqualTo(JobStatus.FAILED);
            assertThat(end.errorCode()).isEqualTo(ErrorCode.POISON);
            assertThat(end.reason()).contains("before the first checkpoint").contains("doomed-3");
            assertThat(survivor.alive()).isTrue();
        }
        assertThat(grounds.owners(job)).containsExactly("doomed-1", "doomed-2", "doomed-3");
        assertThat(grounds.models.versions("poison")).isEmpty();
    }
}
