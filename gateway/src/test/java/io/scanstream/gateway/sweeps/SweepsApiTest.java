package io.scanstream.gateway.sweeps;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.api.SweepView;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.Sweep;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.testing.Channels;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Sweeps;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class SweepsApiTest {
    private static final String DATASET = "sweep-on";
    private static final String TRAINING =
            "{\"recipe\":\"demo-cnn\",\"dataset\":{\"name\":\"" + DATASET + "\"},\"epochs\":2}";
    private static final String GRID = "{\"optimizer.learningRate\":[0.01,0.001],\"training.batchSize\":[4,8]}";

    @Inject
    Datasets datasets;

    @Inject
    Jobs jobs;

    @Inject
    ObjectStore store;

    @Inject
    SweepDesk desk;

    @Inject
    @Any
    InMemoryConnector connector;

    @BeforeEach
    void aReadyDataset() {
        if (datasets.versions(DATASET).isEmpty()) {
            DatasetVersion version = datasets.reserve(DATASET, JobId.next());
            datasets.writeManifest(Fixtures.manifest(version));
        }
    }

    @Test
    void oneRequestBecomesATrainingForEveryCombination() {
        SweepView sweep = start();

        assertThat(sweep.candidates()).hasSize(4);
        assertThat(sweep.running()).isEqualTo(4);
        assertThat(sweep.model()).isEqualTo("sweep-" + sweep.id());
        for (SweepView.Candidate candidate : sweep.candidates()) {
            JobId job = candidate.runs().get(0).job();
            JobState.Training work = (JobState.Training)
                    jobs.journal(job).head().orElseThrow().value().work();
            assertThat(work.recipe().optimizer().learningRate())
                    .isEqualTo(
                            candidate.settings().get("optimizer.learningRate").asDouble());
            assertThat(work.recipe().training().batchSize())
                    .isEqualTo(candidate.settings().get("training.batchSize").asInt());
            assertThat(new Channels(connector).onlyText("training-requests", job.toString()))
                    .contains("TrainingRequested");
        }
        when().get("/api/v1/sweeps")
                .then()
                .statusCode(200)
                .body("id", hasItems(sweep.id().toString()));
    }

    @Test
    void comparesByTheRecipesMetricAndShowsThePage() {
        SweepView sweep = start();
        JobId worse = sweep.candidates().get(1).runs().get(0).job();
        JobId better = sweep.candidates().get(3).runs().get(0).job();
        // demo-cnn keeps the epoch with the lowest loss.
        jobs.writeHistory(worse, List.of(epoch(worse, 1, 0.9, true), epoch(worse, 2, 1.2, false)));
        jobs.writeHistory(better, List.of(epoch(better, 1, 0.8, true), epoch(better, 2, 0.4, true)));

        SweepView compared = get(sweep.id());

        assertThat(compared.metric()).isEqualTo("validationLoss");
        assertThat(compared.candidates())
                .extracting(candidate -> candidate.runs().get(0).job())
                .startsWith(better, worse);
        assertThat(compared.candidates().get(0).figures()).containsEntry("validationLoss", 0.4);
        assertThat(compared.candidates().get(0).runs().get(0).epoch()).isEqualTo(2);
        when().get("/api/v1/sweeps/" + sweep.id() + "/table")
                .then()
                .statusCode(200)
                .contentType("text/html")
                .body(containsString("0.4000"))
                .body(containsString("1 QUEUED"));
    }

    @Test
    void aCandidateWithAllItsFoldsComesBeforeOneWithItsLuckiest() {
        SweepView sweep = post("{\"training\":" + TRAINING
                        + ",\"grid\":{\"optimizer.learningRate\":[0.1,0.01]},\"folds\":2}")
                .statusCode(202)
                .extract()
                .as(SweepView.class);
        List<SweepView.Run> lucky = sweep.candidates().get(0).runs();
        List<SweepView.Run> whole = sweep.candidates().get(1).runs();
        tell(lucky.get(0).job(), 0.1);
        tell(whole.get(0).job(), 0.5);
        tell(whole.get(1).job(), 0.6);

        assertThat(get(sweep.id()).candidates())
                .extracting(candidate -> candidate.runs().get(0).job())
                .containsExactly(whole.get(0).job(), lucky.get(0).job());
        tell(lucky.get(1).job(), 0.7);
        assertThat(get(sweep.id()).candidates())
                .extracting(candidate -> candidate.runs().get(0).job())
                .containsExactly(lucky.get(0).job(), whole.get(0).job());
    }

    private void tell(JobId job, double loss) {
        jobs.writeHistory(job, List.of(epoch(job, 1, loss, true)));
    }

    @Test
    void whatADeadGatewayHasNotStartedIsStartedByWhoeverLooks() {
        JobState.Training work = new JobState.Training("left", new DatasetVersion(DATASET, 1), Fixtures.recipe());
        JobId job = JobId.next();
        Sweep left = new Sweep(JobId.next(), "left", List.of(new Sweep.Run(job, Map.of(), null, work)), Instant.now());
        new Sweeps(store).create(left);
        assertThat(jobs.journal(job).head()).isEmpty();

        assertThat(get(left.id()).running()).isEqualTo(1);
        assertThat(get(left.id()).running()).isEqualTo(1);

        assertThat(jobs.journal(job).history()).hasSize(1);
    }

    @Test
    void whatADeadGatewayHasNotStartedIsStartedInTime() {
        JobState.Training work = new JobState.Training("late", new DatasetVersion(DATASET, 1), Fixtures.recipe());
        JobId job = JobId.next();
        new Sweeps(store)
                .create(new Sweep(
                        JobId.next(), "late", List.of(new Sweep.Run(job, Map.of(), null, work)), Instant.now()));

        desk.completeStarts();
        desk.completeStarts();

        assertThat(jobs.journal(job).history()).hasSize(1);
    }

    @Test
    void theSameKeyIsTheSameSweep() {
        int before = jobs.list().size();
        String body = "{\"training\":" + TRAINING + ",\"grid\":{\"optimizer.learningRate\":[0.1,0.01]}}";
        String key = "sweep-" + JobId.next();

        SweepView first = withKey(key, body).statusCode(202).extract().as(SweepView.class);
        SweepView again = withKey(key, body).statusCode(202).extract().as(SweepView.class);

        assertThat(again.id()).isEqualTo(first.id());
        assertThat(jobs.list()).hasSize(before + 2);
        withKey(key, "{\"training\":" + TRAINING + ",\"folds\":2}").statusCode(400);
    }

    private static ValidatableResponse withKey(String key, String body) {
        return given().contentType("application/json")
                .header("Idempotency-Key", key)
                .body(body)
                .post("/api/v1/sweeps")
                .then();
    }

    @Test
    void cancelsWhatHasNotEnded() {
        SweepView sweep = start();
        JobId ended = sweep.candidates().get(0).runs().get(0).job();
        jobs.journal(ended)
                .update(head -> Optional.of(head.orElseThrow().value().succeeded("sweep/v", Instant.now())));
        new Channels(connector)
                .tell(
                        "training-events",
                        new TrainingEvent.TrainingSucceeded(ended, "sweep", "v", Map.of(), List.of(), Instant.now()));

        given().post("/api/v1/sweeps/" + sweep.id() + "/cancel")
                .then()
                .statusCode(200)
                .body("running", equalTo(0));

        assertThat(get(sweep.id()).candidates().stream()
                        .flatMap(candidate -> candidate.runs().stream())
                        .map(run -> run.status().name()))
                .containsExactlyInAnyOrder("SUCCEEDED", "CANCELLED", "CANCELLED", "CANCELLED");
    }

    @Test
    void refusesWhatItCannotStartWholeAndStartsNothing() {
        int before = jobs.list().size();

        post("{}").statusCode(400).body("errors.path", hasItems("training", "grid"));
        post("{\"training\":" + TRAINING + ",\"grid\":{\"optimizer.learningRate\":[]}}")
                .statusCode(400)
                .body("errors.path", hasItems("grid.optimizer.learningRate"));
        post("{\"training\":" + TRAINING + ",\"folds\":1}").statusCode(400).body("errors.path", hasItems("folds"));
        post("{\"training\":" + TRAINING + ",\"grid\":{\"optimizer.learningRate\":[0.1,-1]}}")
                .statusCode(400)
                .body("errors.path", hasItems("recipe.optimizer.learningRate"));
        StringBuilder many = new StringBuilder("1");
        for (int i = 2; i <= 257; i++) {
            many.append(',').append(i);
        }
        post("{\"training\":" + TRAINING + ",\"grid\":{\"training.seed\":[" + many + "]}}")
                .statusCode(400)
                .body("errors.message", hasItems(containsString("at most 256")));
        when().get("/api/v1/sweeps/" + JobId.next()).then().statusCode(404);
        assertThat(jobs.list()).hasSize(before);
    }

    private SweepView start() {
        return post("{\"training\":" + TRAINING + ",\"grid\":" + GRID + "}")
                .statusCode(202)
                .header("Location", containsString("/api/v1/sweeps/"))
                .extract()
                .as(SweepView.class);
    }

    private static SweepView get(JobId id) {
        return Json.read(
                when().get("/api/v1/sweeps/" + id)
                        .then()
                        .statusCode(200)
                        .extract()
                        .asByteArray(),
                SweepView.class);
    }

    private static ValidatableResponse post(String body) {
        return given().contentType("application/json")
                .body(body)
                .post("/api/v1/sweeps")
                .then();
    }

    private static TrainingEvent.EpochCompleted epoch(JobId job, int epoch, double loss, boolean best) {
        return new TrainingEvent.EpochCompleted(
                job, epoch, 2, loss, Map.of("validationLoss", loss), best, 100, 0, Instant.now());
    }
}
