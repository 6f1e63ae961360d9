package io.scanstream.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.scanstream.access.Role;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.api.TrainingRequest;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.gateway.testing.CapturedLog;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.gateway.testing.LocalIssuer;
import io.scanstream.gateway.testing.SecuredGateway;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Models;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is written down of requests: who did what, and nothing of what they sent. */
@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
@TestProfile(SecuredGateway.class)
class AuditApiTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Inject
    Models models;

    @Inject
    Datasets datasets;

    private CapturedLog log;

    @BeforeEach
    void capture() {
        log = new CapturedLog();
    }

    @AfterEach
    void stop() {
        log.close();
    }

    private static RequestSpecification as(Role role) {
        return given().header("X-API-Key", SecuredGateway.key(role));
    }

    /** The one entry of an action, once it is there. */
    private JsonNode entry(String action) {
        await().until(() -> log.audit().stream().anyMatch(line -> line.contains("\"action\":\"" + action + "\"")));
        return Json.read(
                log.audit().stream()
                        .filter(line -> line.contains("\"action\":\"" + action + "\""))
                        .findFirst()
                        .orElseThrow()
                        .getBytes(StandardCharsets.UTF_8),
                JsonNode.class);
    }

    private static void says(JsonNode entry, String actor, String request, String object, String outcome, int status) {
        assertThat(entry.path("service").asText()).isEqualTo("gateway");
        assertThat(entry.path("actor").asText()).isEqualTo(actor);
        assertThat(entry.path("request").asText()).isEqualTo(request);
        assertThat(entry.path("object").asText()).isEqualTo(object);
        assertThat(entry.path("outcome").asText()).isEqualTo(outcome);
        assertThat(entry.path("status").asInt()).isEqualTo(status);
        assertThat(Instant.parse(entry.path("at").asText())).isBeforeOrEqualTo(Instant.now());
    }

    @Test
    void namesWhoTrainedAndWhoCancelled() {
        DatasetVersion version = ready("audited");
        TrainingRequest request = new TrainingRequest(
                Json.mapper().valueToTree(Fixtures.recipe()),
                null,
                new TrainingRequest.Dataset(version.name(), 1),
                null,
                null,
                null);
        String id = as(Role.TRAINER)
                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01")
                .body(Json.bytes(request))
                .post("/api/v1/trainings")
                .then()
                .statusCode(202)
                .extract()
                .path("id");
        given().header("Authorization", "Bearer " + LocalIssuer.token("ada", "trainer"))
                .delete("/api/v1/trainings/" + id)
                .then()
                .statusCode(200);

        JsonNode trained = entry("trained");
        says(trained, "key:trainer", "POST /api/v1/trainings", "trainings/" + id, "DONE", 202);
        assertThat(trained.path("trace").asText()).isEqualTo(TRACE);
        assertThat(trained.path("roles").get(0).asText()).isEqualTo("trainer");
        says(entry("cancelled"), "user:ada", "DELETE /api/v1/trainings/{id}", "trainings/" + id, "DONE", 200);
    }

    @Test
    void leavesOutWhomARequestWouldExclude() {
        as(Role.READER).delete("/api/v1/subjects/p0815").then().statusCode(403);
        as(Role.ADMIN).delete("/api/v1/subjects/p0815").then().statusCode(404);

        await().until(() -> log.audit().stream()
                        .filter(line -> line.contains("DELETE /api/v1/subjects/{id}"))
                        .count()
                == 2);
        assertThat(log.lines()).noneMatch(line -> line.contains("p0815"));
    }

    @Test
    void namesWhoPromotedAndWithdrewInTheLogAndInTheJournal() {
        Fixtures.publish(models, new ModelVersion("audited", "v1"));
        Fixtures.publish(models, new ModelVersion("audited", "v2"));
        as(Role.ADMIN)
                .body("{}")
                .post("/api/v1/models/audited/v1/promote")
                .then()
                .statusCode(200);
        says(
                entry("promoted"),
                "key:admin",
                "POST /api/v1/models/{name}/{version}/promote",
                "models/audited/v1 alias champion",
                "DONE",
                200);

        Response second = as(Role.ADMIN)
                .body("{\"actor\":\"grace\",\"reason\":\"better\"}")
                .post("/api/v1/models/audited/v2/promote");
        assertThat(second.jsonPath().getString("state.actor")).isEqualTo("key:admin for grace");
        Response back = given().header("Authorization", "Bearer " + LocalIssuer.token("ada", "admin"))
                .body("{}")
                .post("/api/v1/models/audited/rollback");
        assertThat(back.jsonPath().getString("state.actor")).isEqualTo("user:ada");
        says(
                entry("withdrew"),
                "user:ada",
                "POST /api/v1/models/{name}/rollback",
                "models/audited/v1 alias champion",
                "DONE",
                200);

        as(Role.ADMIN)
                .body("{\"arms\":[{\"alias\":\"champion\",\"share\":1}],\"actor\":\"key:reader\"}")
                .put("/api/v1/models/audited/traffic")
                .then()
                .statusCode(200);
        says(entry("traffic"), "key:admin", "PUT /api/v1/models/{name}/traffic", "models/audited/traffic", "DONE", 200);
    }

    @Test
    void namesWhoScoredAndWhoWasNotLetIn() {
        Fixtures.publish(models, new ModelVersion("scoring", "v1"));
        String id = as(Role.SCORER)
                .body(new byte[] {1})
                .post("/api/v1/scans?model=scoring&version=v1")
                .then()
                .statusCode(202)
                .extract()
                .path("id");
        says(entry("scored"), "key:scorer", "POST /api/v1/scans", "scans/" + id, "DONE", 202);

        as(Role.SCORER)
                .body("{}")
                .post("/api/v1/models/scoring/v1/promote")
                .then()
                .statusCode(403);
        says(
                entry("promoted"),
                "key:scorer",
                "POST /api/v1/models/{name}/{version}/promote",
                "models/scoring/v1/promote",
                "REFUSED",
                403);
        given().delete("/api/v1/scans/" + id).then().statusCode(401);
        JsonNode unknown = entry("deleted");
        assertThat(unknown.path("status").asInt()).isEqualTo(401);
        assertThat(unknown.has("actor")).isFalse();
        assertThat(unknown.has("object")).as("nobody vouches for the address").isFalse();
    }

    @Test
    void whatWasNotDoneIsSaidToo() {
        as(Role.TRAINER).body("{}").post("/api/v1/trainings").then().statusCode(400);
        JsonNode failed = entry("trained");
        assertThat(failed.path("outcome").asText()).isEqualTo("FAILED");
        assertThat(failed.path("status").asInt()).isEqualTo(400);
        assertThat(failed.has("object")).isFalse();
    }

    @Test
    void nothingThatWasSentReachesALog() {
        Fixtures.publish(models, new ModelVersion("quiet", "v1"));
        DatasetVersion version = ready("quiet");
        String subject = "subject-of-4711";
        String file = "jane-doe-1959.png";
        byte[] image = "BYTES-OF-AN-IMAGE".repeat(10).getBytes(StandardCharsets.UTF_8);
        int[] statuses = {
            // What goes well.
            as(Role.SCORER)
                    .body(image)
                    .post("/api/v1/scans?model=quiet&version=v1")
                    .statusCode(),
            as(Role.SCORER)
                    .multiPart("file", file, image, "image/png")
                    .post("/api/v1/scans/batch?model=quiet&version=v1")
                    .statusCode(),
            as(Role.TRAINER)
                    .body(image)
                    .post("/api/v1/datasets/quiet/scans?label=benign&subject=" + subject + "&group=" + subject)
                    .statusCode(),
            // What is a mistake, in every place where it can be.
            as(Role.TRAINER)
                    .body(image)
                    .post("/api/v1/datasets/quiet/scans?label=" + subject + "&subject=" + subject)
                    .statusCode(),
            as(Role.TRAINER).body(image).post("/api/v1/datasets/" + file).statusCode(),
            as(Role.TRAINER).body(image).post("/api/v1/trainings").statusCode(),
            as(Role.TRAINER)
                    .body("{\"recipe\":\"" + file + "\"}")
                    .post("/api/v1/trainings")
                    .statusCode(),
            as(Role.SCORER).body(image).post("/api/v1/scans?model=" + file).statusCode(),
            as(Role.SCORER)
                    .body(image)
                    .post("/api/v1/scans?model=quiet&deadline=" + subject)
                    .statusCode(),
            as(Role.SCORER)
                    .body(new byte[GatewayUnderTest.SCAN_MAX_BYTES + 1])
                    .post("/api/v1/scans?model=quiet&version=v1")
                    .statusCode(),
            as(Role.SCORER)
                    .body(image)
                    .post("/api/v1/scans?model=quiet&subject=" + subject)
                    .statusCode(),
            as(Role.READER).get("/api/v1/scans/" + file).statusCode(),
            as(Role.READER).get("/api/v1/" + file).statusCode(),
            as(Role.READER).header("Accept", file).get("/api/v1/models").statusCode(),
            as(Role.SCORER)
                    .contentType("multipart/form-data; boundary=" + subject)
                    .body(image)
                    .post("/api/v1/scans/batch?model=quiet")
                    .statusCode(),
            given().header("X-API-Key", subject).get("/api/v1/models").statusCode(),
            given().header("Authorization", "Bearer " + subject)
                    .get("/api/v1/models/" + file)
                    .statusCode(),
            given().get("/" + file + "?" + subject).statusCode(),
        };
        assertThat(statuses)
                .startsWith(202, 202, 202)
                .contains(400, 401, 404, 413)
                .doesNotContain(500);

        await().until(() -> log.audit().size() >= 10);
        assertThat(log.lines())
                .noneMatch(line -> line.contains(subject)
                        || line.contains("jane-doe")
                        || line.contains("BYTES-OF")
                        || line.contains(SecuredGateway.key(Role.SCORER)));
        assertThat(datasets.versions(version.name())).hasSize(2);
    }

    private DatasetVersion ready(String name) {
        DatasetVersion version = datasets.reserve(name, JobId.next());
        datasets.writeManifest(Fixtures.manifest(version));
        return version;
    }
}
