package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.storage.Journal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What trainers do while they live: the whole way, being stopped, cancelled, frozen, and left without broker and store. */
@Tag("kills")
class LivingTrainerIT {
    private static final int SIGSTOP = 19;
    private static final int SIGCONT = 18;
    /** Enough for many times every time-out. */
    private static final int MANY_EPOCHS = 40;

    @TempDir
    static Path folder;

    private static Grounds grounds;
    private static DatasetVersion dataset;

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

    @Test
    void anUploadBecomesADataSetAndThenAChampion() throws Exception {
        TrainerProcess trainer = grounds.trainer(Map.of("quarkus.log.console.json.enabled", "true"));
        grounds.send("?", "not a request".getBytes(StandardCharsets.UTF_8));
        JobId unknown = JobId.next();
        grounds.send(unknown.toString(), Json.bytes(new TrainingMessage.TrainingRequested(unknown)));
        JobId ingest = grounds.askForIngest("uploaded", 40);
        assertThat(grounds.awaitSuccess(ingest).result()).isEqualTo("uploaded/1");
        JobId training = grounds.askForTraining("first", new DatasetVersion("uploaded", 1), 3);
        ModelVersion version = ModelVersion.of("first", training);
        assertThat(grounds.awaitSuccess(training).result()).isEqualTo(version.toString());
        grounds.awaitLast(training, TrainingEvent.TrainingSucceeded.class);

        assertThat(grounds.aliases.version("first", "champion")).contains(version.version());
        assertThat(grounds.events(version)).hasAtLeastOneElementOfType(ModelEvent.ModelPromoted.class);
        // Letters are written at least once: a record whose lock, shortened here, runs out meanwhile comes again.
        assertThat(grounds.records(Topics.TRAINING_REQUESTS_DLQ).stream().map(LivingTrainerIT::errorCode))
                .startsWith("INVALID_REQUEST")
                .containsOnly("INVALID_REQUEST", "UNKNOWN_JOB");
        assertThat(trainer.terminate()).as("SIGTERM").isEqualTo(128 + 15);
        JsonNode success = theLineThatSays(trainer, "job " + training + ": succeeded");
        assertThat(success.at("/mdc/jobId").asText()).isEqualTo(training.toString());
        assertThat(success.path("level").asText()).isEqualTo("INFO");
    }

    private static JsonNode theLineThatSays(TrainerProcess trainer, String message) throws IOException {
        String line = trainer.log()
                .lines()
                .filter(each -> each.contains(message))
                .findFirst()
                .orElseThrow();
        return Json.mapper().readTree(line);
    }

    private static String errorCode(ConsumerRecord<String, byte[]> record) {
        return new String(record.headers().lastHeader(ScanHeaders.ERROR_CODE).value(), StandardCharsets.UTF_8);
    }

    @Test
    void aStoppedTrainerPutsItsJobBack() throws Exception {
        TrainerProcess first = grounds.trainer();
        JobId job = grounds.askForTraining("stopped", dataset, MANY_EPOCHS);
        grounds.await(job, state -> state.checkpoint() != null);
        assertThat(first.terminate()).as(first::log).isEqualTo(128 + 15);
        JobState left = grounds.head(job);
        assertThat(left.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(left.slice()).isEqualTo(2);
        assertThat(grounds.records(Topics.TRAINING_REQUESTS))
                .last()
                .extracting(record -> Json.read(record.value(), TrainingMessage.class))
                .isEqualTo(new TrainingMessage.TrainingContinued(job, 2));

        TrainerProcess second = grounds.another();
        grounds.await(job, state -> !String.valueOf(state.step()).equals(left.step()));
        grounds.cancel(job);
        grounds.await(job, state -> state.status() == JobStatus.CANCELLED);
        grounds.awaitLast(job, TrainingEvent.TrainingCancelled.class);

        assertThat(grounds.owners(job)).containsExactly(first.name(), second.name());
        assertThat(grounds.events(job).stream()
                        .filter(TrainingEvent.TrainingAccepted.class::isInstance)
                        .map(event -> Optional.ofNullable(((TrainingEvent.TrainingAccepted) event).resumedAt())))
                .containsExactly(Optional.empty(), Optional.ofNullable(left.step()));
        assertThat(grounds.head(job).attempts()).isZero();
        assertThat(grounds.models.versions("stopped")).isEmpty();
        grounds.leave(second);
    }

    private static TrainingEvent lastEvent(JobId job) {
        List<TrainingEvent> events = grounds.events(job);
        return events.get(events.size() - 1);
    }

    @Test
    void aJobThatOutlivesEveryTimeOutRunsOnce() throws Exception {
        TrainerProcess one = grounds.trainer();
        TrainerProcess two = grounds.another();
        JobId job = grounds.askForTraining("long", dataset, MANY_EPOCHS);
        grounds.awaitSuccess(job);
        assertThat(two.alive()).isTrue();
        assertThat(grounds.owners(job)).hasSize(1);
        List<TrainingEvent> events = grounds.events(job);
        assertThat(events.stream().filter(TrainingEvent.TrainingAccepted.class::isInstance))
                .hasSize(1);
        assertThat(Duration.between(events.get(0).at(), lastEvent(job).at()))
                .as("time that it took")
                .isGreaterThan(Grounds.LOCK.plusSeconds(1));
        grounds.leave(one);
    }

    @Test
    void aFrozenTrainerThatWakesChangesNothing() throws Exception {
        TrainerProcess zombie = grounds.trainer();
        JobId job = grounds.askForTraining("frozen", dataset, MANY_EPOCHS);
        grounds.await(job, state -> state.checkpoint() != null);
        zombie.signal(SIGSTOP);
        JobState left = grounds.head(job);
        TrainerProcess other = grounds.another();
        grounds.await(job, state -> ownerOf(state).equals(other.name()));
        grounds.await(job, state -> !left.step().equals(state.step()));
        zombie.signal(SIGCONT);
        grounds.awaitSuccess(job);
        assertThat(other.alive()).isTrue();
        List<JobState> entries = entries(job);
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(zombie.log())
                .contains("lost"));

        other.close();
        // It is an ordinary trainer again.
        grounds.awaitSuccess(grounds.askForTraining("after", dataset, 1));
        assertThat(entries(job)).isEqualTo(entries);
        List<String> owners = entries.stream()
                .map(LivingTrainerIT::ownerOf)
                .filter(owner -> !owner.isEmpty())
                .toList();
        assertThat(owners.subList(owners.indexOf(other.name()), owners.size()))
                .as("once another owns it, the zombie writes nothing")
                .containsOnly(other.name());
        assertThat(grounds.models.versions("frozen")).hasSize(1);
        assertThat(grounds.jobs.history(job)).hasSize(MANY_EPOCHS);
        grounds.leave(zombie);
    }

    private static String ownerOf(JobState state) {
        return state.owner() == null ? "" : state.owner().trainer();
    }

    private static List<JobState> entries(JobId job) {
        return grounds.jobs.journal(job).history().stream()
                .map(Journal.Entry::value)
                .toList();
    }

    @Test
    void anOutageOfBrokerAndStoreIsWaitedOut() throws Exception {
        TrainerProcess trainer = grounds.trainer();
        JobId job = grounds.askForTraining("outage", dataset, MANY_EPOCHS);
        grounds.await(job, state -> state.checkpoint() != null);
        // Longer than the lease.
        grounds.outage(Duration.ofSeconds(6));
        grounds.awaitSuccess(job);
        assertThat(grounds.owners(job)).containsExactly(trainer.name());
        assertThat(entries(job)).allMatch(state -> state.attempts() == 0);
        assertThat(grounds.jobs.history(job)).hasSize(MANY_EPOCHS);
        grounds.leave(trainer);
    }
}
