package io.scanstream.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.training.TrainingEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsTest {
    private static TestStore server;
    private static Jobs jobs;

    @BeforeAll
    static void start() {
        server = new TestStore();
        jobs = new Jobs(server.store());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void givesBackTheHistoryThatWasWritten() {
        JobId id = JobId.next();
        assertThat(jobs.history(id)).isEmpty();
        List<TrainingEvent.EpochCompleted> epochs = List.of(epoch(id, 1), epoch(id, 2));
        jobs.writeHistory(id, epochs);
        assertThat(jobs.history(id)).isEqualTo(epochs);
    }

    private static TrainingEvent.EpochCompleted epoch(JobId id, int epoch) {
        return new TrainingEvent.EpochCompleted(
                id, epoch, 2, 0.5, Map.of("validationLoss", 0.4), true, 100, 3, Instant.EPOCH);
    }

    @Test
    void keepsWhatAJobLeavesBesidesItsModel(@TempDir Path folder) throws IOException {
        JobId id = JobId.next();
        Files.createDirectories(folder.resolve("private"));
        Files.writeString(folder.resolve("private/gallery.html"), "<p>");
        Files.writeString(folder.resolve("submission.csv"), "id,label\n");

        jobs.writeCompanions(id, folder);
        jobs.writeCompanion(id, "tensorboard/events", new byte[] {1, 2});

        assertThat(server.store().get("jobs/" + id + "/private/gallery.html")).hasValue("<p>".getBytes(UTF_8));
        assertThat(server.store().get("jobs/" + id + "/submission.csv")).hasValue("id,label\n".getBytes(UTF_8));
        assertThat(server.store().get("jobs/" + id + "/tensorboard/events")).hasValue(new byte[] {1, 2});
    }

    @Test
    void givesBackTheGatesDecision() {
        JobId id = JobId.next();
        GateDecision decision = new GateDecision(
                ModelVersion.of("m", id), null, true, "there is no champion", Map.of(), Instant.EPOCH, List.of());
        assertThat(jobs.gateDecision(id)).isEmpty();
        jobs.writeGateDecision(id, decision);
        assertThat(jobs.gateDecision(id)).contains(decision);
    }

    @Test
    void deletesCheckpointsOneByOneOrAllButOne(@TempDir Path folder) throws IOException {
        JobId id = JobId.next();
        Files.writeString(Files.createDirectory(folder.resolve("c")).resolve("weights"), "w");
        String first = jobs.writeCheckpoint(id, "a", "1", folder.resolve("c"));
        String second = jobs.writeCheckpoint(id, "a", "2", folder.resolve("c"));
        String third = jobs.writeCheckpoint(id, "b", "1", folder.resolve("c"));

        jobs.deleteCheckpoint(first);
        jobs.readCheckpoint(first, Files.createDirectory(folder.resolve("first")));
        assertThat(folder.resolve("first")).isEmptyDirectory();

        jobs.deleteCheckpointsExcept(id, Optional.of(third));
        jobs.readCheckpoint(second, Files.createDirectory(folder.resolve("second")));
        jobs.readCheckpoint(third, Files.createDirectory(folder.resolve("third")));
        assertThat(folder.resolve("second")).isEmptyDirectory();
        assertThat(folder.resolve("third/weights")).hasContent("w");
    }
}
