package io.scanstream.gateway.trainings;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.api.TrainingView;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.gateway.testing.Channels;
import io.scanstream.gateway.testing.EventReader;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class TrainingsApiTest {
    private static final String DATASET = "train-on";

    @Inject
    Datasets datasets;

    @Inject
    Jobs jobs;

    @Inject
    @Any
    InMemoryConnector connector;

    @TestHTTPResource("/api/v1/")
    URI api;

    @BeforeEach
    void aReadyDataset() {
        if (datasets.versions(DATASET).isEmpty()) {
            ready(DATASET);
        }
    }

    @Test
    void writesTheJournalTellsTheTrainersAndAnswersWhereItIs() {
        TrainingView view = post(body("{\"epochs\":7,\"seed\":5,\"model\":\"lung-model\"}"), null)
                .statusCode(202)
                .header("Location", containsString("/api/v1/trainings/"))
                .body("status", equalTo("QUEUED"))
                .extract()
                .as(TrainingView.class);

        assertThat(view.model()).isEqualTo("lung-model");
        assertThat(view.epochs()).isEqualTo(7);
        JobState.Training work = (JobState.Training)
                jobs.journal(view.id()).head().orElseThrow().value().work();
        assertThat(work.dataset()).isEqualTo(new DatasetVersion(DATASET, 1));
        assertThat(work.recipe().training().seed()).isEqualTo(5);
        assertThat(work.recipe().training().epochs()).isEqualTo(7);
        assertThat(new Channels(connector)
                        .onlyText("training-requests", view.id().toString()))
                .contains("TrainingRequested");
        when().get("/api/v1/trainings/" + view.id()).then().statusCode(200).body("recipe", equalTo("tiny"));
        when().get("/api/v1/trainings")
                .then()
                .statusCode(200)
                .body("id", hasItem(view.id().toString()))
                .body("history", hasItem(nullValue()));
    }

    @Test
    void takesAShippedRecipeByItsNameWithOverrides() {
        TrainingRequest request = new TrainingRequest(
                TextNode.valueOf("demo-cnn"),
                Map.of(
                        "optimizer.learningRate",
                        TextNode.valueOf("0.01"),
                        "training.batchSize",
                        Json.mapper().valueToTree(8)),
                new TrainingRequest.Dataset(DATASET, 1),
                null,
                null,
                2);

        TrainingView view =
                post(Json.text(request), null).statusCode(202).extract().as(TrainingView.class);

        assertThat(view.model()).isEqualTo("demo-cnn");
        JobState.Training work = (JobState.Training)
                jobs.journal(view.id()).head().orElseThrow().value().work();
        assertThat(work.recipe().optimizer().learningRate()).isEqualTo(0.01);
        assertThat(work.recipe().training().batchSize()).isEqualTo(8);
        assertThat(work.recipe().training().epochs()).isEqualTo(2);
    }

    @Test
    void listsEveryMistakeWithItsPath() {
        post(body("{\"overrides\":{\"optimizer.learningRate\":0,\"data.widthPx\":\"wide\",\"nonsense\":1}}"), null)
                .statusCode(400)
                .contentType("application/problem+json")
                .body("code", equalTo("INVALID_RECIPE"))
                .body(
                        "errors.path",
                        hasItems("recipe.optimizer.learningRate", "recipe.data.widthPx", "recipe.nonsense"));
        post(body("{\"overrides\":{\"data.positiveClass\":\"sarcoma\"}}"), null)
                .statusCode(400)
                .body("errors.path", hasItem("recipe.data.positiveClass"));
        post(
                        body(
                                "{\"overrides\":{\"network.layers\":[{\"type\":\"conv\",\"out\":8,\"kernal\":3},{\"type\":\"relay\"}],"
                                        + "\"data.positiveClass\":\"sarcoma\"}}"),
                        null)
                .statusCode(400)
                .body(
                        "errors.path",
                        hasItems(
                                "recipe.network.layers[0].kernal",
                                "recipe.network.layers[1].type",
                                "recipe.data.positiveClass"));
        post(body("{\"overrides\":{\"network\":{\"architecture\":\"unet\",\"parameters\":{\"depth\":0}}}}"), null)
                .statusCode(400)
                .body("errors.path", hasItem("recipe.network.parameters.depth"));
        post("{\"recipe\":7,\"dataset\":{\"name\":\"A B\"},\"model\":\"../x\"}", null)
                .statusCode(400)
                .body("code", equalTo("INVALID_REQUEST"))
                .body("errors.path", hasItems("recipe", "dataset.name", "model"));
        post("{}", null).statusCode(400).body("errors.path", hasItems("recipe", "dataset.name"));
        post(body("{\"epochs\":3,\"overrides\":{\"training.epochs\":4}}"), null)
                .statusCode(400)
                .body("errors.path", hasItem("epochs"));
        post("{\"recipe\":\"none\",\"dataset\":{\"name\":\"" + DATASET + "\"}}", null)
                .statusCode(400)
                .body("detail", containsString("demo-cnn"));
        post(body("{\"overrides\":{\"training.epochs\":null}}"), null)
                .statusCode(400)
                .body("errors", hasSize(1));
    }

    @Test
    void waitsForNoDatasetThatIsNotReady() {
        post(body("{\"dataset\":{\"name\":\"never-seen\"}}"), null)
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_DATASET"));
        given().body(Fixtures.zip())
                .contentType("application/zip")
                .post("/api/v1/datasets/unread")
                .then()
                .statusCode(202);
        post(body("{\"dataset\":{\"name\":\"unread\"}}"), null)
                .statusCode(409)
                .body("code", equalTo("DATASET_NOT_READY"));
        post(body("{\"dataset\":{\"name\":\"unread\",\"version\":9}}"), null).statusCode(404);
    }

    @Test
    void trainsOnTheNewestVersionThatIsReady() {
        ready("grown");
        ready("grown");
        given().body(Fixtures.zip())
                .contentType("application/zip")
                .post("/api/v1/datasets/grown")
                .then()
                .statusCode(202);

        post(body("{\"dataset\":{\"name\":\"grown\"}}"), null).statusCode(202).body("dataset.version", equalTo(2));
    }

    @Test
    void theSameKeyIsTheSameTrainingHoweverOftenAndAtWhateverTime() throws Exception {
        String key = UUID.randomUUID().toString();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        Set<JobId> ids = new HashSet<>();
        try {
            List<Callable<JobId>> posts = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                posts.add(() -> post(body("{}"), key)
                        .statusCode(202)
                        .extract()
                        .as(TrainingView.class)
                        .id());
            }
            for (Future<JobId> one : pool.invokeAll(posts)) {
                ids.add(one.get());
            }
        } finally {
            pool.shutdown();
        }
        ids.add(post(body("{}"), key)
                .statusCode(202)
                .extract()
                .as(TrainingView.class)
                .id());

        assertThat(ids).hasSize(1);
        assertThat(new Channels(connector)
                        .written("training-requests", ids.iterator().next().toString()))
                .hasSize(1);
        post(body("{\"seed\":9}"), key).statusCode(400).body("detail", containsString("Idempotency-Key"));
    }

    @Test
    void aRequestWithAMistakeCanBeMendedUnderItsKey() {
        String key = UUID.randomUUID().toString();
        post(body("{\"overrides\":{\"training.epochs\":0}}"), key).statusCode(400);

        post(body("{\"overrides\":{\"training.epochs\":1}}"), key).statusCode(202);
    }

    @Test
    void showsEpochsTheBestOneAndWhatIsPublished() {
        JobId id = start();
        claim(id);
        jobs.writeHistory(
                id, List.of(Fixtures.epoch(id, 1, true), Fixtures.epoch(id, 2, true), Fixtures.epoch(id, 3, false)));
        Channels channels = new Channels(connector);
        channels.tell("training-events", new TrainingEvent.TrainingAccepted(id, "trainer-1", 1, null, Instant.now()));
        channels.tell(
                "training-events", new TrainingEvent.TrainingProgressed(id, 3, 3, 5, 10, 0.4, 99, 1, Instant.now()));

        await().untilAsserted(() -> when().get("/api/v1/trainings/" + id)
                .then()
                .statusCode(200)
                .body("status", equalTo("RUNNING"))
                .body("trainer", equalTo("trainer-1"))
                .body("epoch", equalTo(3))
                .body("best.epoch", equalTo(2))
                .body("history", hasSize(3))
                .body("progress.step", equalTo(5))
                .body("result", nullValue()));

        change(id, job -> job.succeeded("tiny/v", Instant.now()));
        channels.tell(
                "training-events",
                new TrainingEvent.TrainingSucceeded(id, "tiny", "v", Map.of(), List.of(), Instant.now()));

        await().untilAsserted(() -> when().get("/api/v1/trainings/" + id)
                .then()
                .body("status", equalTo("SUCCEEDED"))
                .body("progress", nullValue())
                .body("result.name", equalTo("tiny"))
                .body("result.version", containsString(id.toString().substring(28))));
        when().get("/api/v1/trainings?status=succeeded&model=tiny").then().body("id", hasItem(id.toString()));
        when().get("/api/v1/trainings?status=FAILED").then().body("id", not(hasItem(id.toString())));
        when().get("/api/v1/trainings?status=odd").then().statusCode(400);
    }

    @Test
    void cancelsOnceAndTellsEveryone() {
        JobId id = start();
        claim(id);

        given().delete("/api/v1/trainings/" + id).then().statusCode(200).body("status", equalTo("CANCELLED"));

        assertThat(jobs.journal(id).head().orElseThrow().value().status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(new Channels(connector).onlyText("training-cancellations", id.toString()))
                .contains("TrainingCancelled");
        given().post("/api/v1/trainings/" + id + "/cancel")
                .then()
                .statusCode(409)
                .body("code", equalTo("ALREADY_ENDED"));
        given().delete("/api/v1/trainings/" + JobId.next())
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_JOB"));
        given().delete("/api/v1/trainings/x").then().statusCode(400);
    }

    @Test
    void streamsATrainingToItsEndAndGoesOnWhereAClientWas() throws Exception {
        JobId id = start();
        claim(id);
        jobs.writeHistory(id, List.of(Fixtures.epoch(id, 1, true)));
        Channels channels = new Channels(connector);
        channels.tell("training-events", new TrainingEvent.TrainingAccepted(id, "trainer-1", 1, null, Instant.now()));
        await().untilAsserted(() -> when().get("/api/v1/trainings/" + id).then().body("status", equalTo("RUNNING")));
        try (EventReader events = new EventReader(api.resolve("trainings/" + id + "/events"))) {
            await().until(() -> events.names().contains("EpochCompleted"));
            channels.tell("training-events", Fixtures.epoch(id, 1, true));
            channels.tell("training-events", Fixtures.epoch(id, 2, true));
            channels.tell("training-events", Fixtures.epoch(JobId.next(), 3, true));
            channels.tellRaw("training-events", new byte[] {'?'});
            change(id, job -> job.succeeded("tiny/v", Instant.now()));
            channels.tell(
                    "training-events",
                    new TrainingEvent.TrainingSucceeded(
                            id, "tiny", "v", Map.of("accuracy", 0.9), List.of(), Instant.now()));
            await().until(events::ended);

            assertThat(events.names()).endsWith("EpochCompleted", "EpochCompleted", "TrainingSucceeded");
            assertThat(events.ids()).containsExactly("epoch-1", "epoch-2");
        }
        jobs.writeHistory(id, List.of(Fixtures.epoch(id, 1, true), Fixtures.epoch(id, 2, true)));
        try (EventReader again =
                new EventReader(api.resolve("trainings/" + id + "/events"), "Last-Event-ID", "epoch-1")) {
            await().until(again::ended);
            assertThat(again.ids()).containsExactly("epoch-2");
            assertThat(again.names()).containsExactly("EpochCompleted", "TrainingSucceeded");
        }
        when().get("/api/v1/trainings/" + JobId.next() + "/events")
                .then()
                .statusCode(404)
                .contentType("application/problem+json");
    }

    private JobId start() {
        return post(body("{}"), null)
                .statusCode(202)
                .extract()
                .as(TrainingView.class)
                .id();
    }

    private void claim(JobId id) {
        change(id, job -> job.claimed(new JobState.Owner("t", "trainer-1"), false, Instant.now()));
    }

    private void change(JobId id, UnaryOperator<JobState> change) {
        jobs.journal(id)
                .update(head -> Optional.of(change.apply(head.orElseThrow().value())));
    }

    private void ready(String name) {
        JobId ingest = JobId.next();
        DatasetVersion version = datasets.reserve(name, ingest);
        datasets.writeManifest(Fixtures.manifest(version));
    }

    /** A request for the tiny recipe, with fields replaced. */
    private static String body(String fields) {
        try {
            ObjectNode body = Json.mapper().createObjectNode();
            body.set("recipe", Json.mapper().valueToTree(Fixtures.recipe()));
            body.putObject("dataset").put("name", DATASET);
            body.setAll((ObjectNode) Json.mapper().readTree(fields));
            return body.toString();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static ValidatableResponse post(String body, String key) {
        var request = given().contentType("application/json").body(body);
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        return request.post("/api/v1/trainings").then();
    }
}
