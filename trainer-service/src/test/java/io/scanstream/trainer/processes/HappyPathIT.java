package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HappyPathIT {
    @TempDir
    Path folder;

    @Test
    void anUploadBecomesADataSetAndThenAChampion() throws Exception {
        try (Grounds grounds = new Grounds(folder);
                TrainerProcess trainer = grounds.trainer("t")) {
            JobId ingest = grounds.askForIngest("tiny", 40);
            assertThat(grounds.awaitSuccess(ingest).result()).isEqualTo("tiny/1");
            JobId training = grounds.askForTraining("tiny", new DatasetVersion("tiny", 1), 3);
            ModelVersion version = ModelVersion.of("tiny", training);
            assertThat(grounds.awaitSuccess(training).result()).isEqualTo(version.toString());
            assertThat(grounds.aliases.version("tiny", "champion")).contains(version.version());
            assertThat(grounds.events(version)).hasAtLeastOneElementOfType(ModelEvent.ModelPromoted.class);
            assertThat(grounds.events(training)).last().isInstanceOf(TrainingEvent.TrainingSucceeded.class);
            assertThat(trainer.terminate()).as("SIGTERM").isEqualTo(143);
        }
    }
}
