package io.scanstream.gateway.models;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.gateway.testing.Channels;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.storage.Models;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class ModelsApiTest {
    @Inject
    Models models;

    @Inject
    @Any
    InMemoryConnector connector;

    @Test
    void showsAModelItsCardAndItsReport() {
        ModelVersion version = new ModelVersion("shown", "v1");
        Fixtures.publish(models, version);
        new Channels(connector).tell("model-events", new ModelEvent.ModelPublished(version, Instant.now()));

        await().untilAsserted(() ->
                when().get("/api/v1/models").then().statusCode(200).body("name", hasItem("shown")));
        when().get("/api/v1/models/shown")
                .then()
                .statusCode(200)
                .body("versions.version", contains("v1"))
                .body("versions[0].test.accuracy", equalTo(0.75f));
        when().get("/api/v1/models/shown/v1")
                .then()
                .statusCode(200)
                .body("schemaVersion", equalTo(1))
                .body("classes", contains("benign", "cancer"));
        when().get("/api/v1/models/shown/v1/report")
                .then()
                .statusCode(200)
                .contentType("text/html;charset=UTF-8")
                .header("Content-Security-Policy", containsString("sandbox"))
                .body(containsString("report of shown/v1"));
        when().get("/api/v1/models/shown/v2").then().statusCode(404).body("code", equalTo("UNKNOWN_MODEL"));
        when().get("/api/v1/models/none").then().statusCode(404);
        when().get("/api/v1/models/none/v1/report").then().statusCode(404).contentType("application/problem+json");
    }

    @Test
    void promotesAndRollsBackOverTheApi() {
        Fixtures.publish(models, new ModelVersion("moved", "v1"));
        Fixtures.publish(models, new ModelVersion("moved", "v2"));
        for (String version : new String[] {"v1", "v2"}) {
            given().body("{\"actor\":\"ada\",\"reason\":\"better\"}")
                    .post("/api/v1/models/moved/" + version + "/promote")
                    .then()
                    .statusCode(200)
                    .body("alias", equalTo("champion"))
                    .body("state.version", equalTo(version));
        }
        given().body("{\"actor\":\"ada\"}")
                .post("/api/v1/models/moved/rollback")
                .then()
                .statusCode(200)
                .body("state.version", equalTo("v1"));

        when().get("/api/v1/models/moved/history")
                .then()
                .statusCode(200)
                .body("state.version", contains("v1", "v2", "v1"));
        when().get("/api/v1/models/moved").then().body("aliases.champion", equalTo("v1"));
        given().body(new byte[10])
                .queryParam("model", "moved")
                .post("/api/v1/scans")
                .then()
                .statusCode(202);
        given().body("{}")
                .post("/api/v1/models/moved/v1/promote")
                .then()
                .statusCode(400)
                .body("detail", containsString("actor"));
        given().post("/api/v1/models/moved/v1/promote").then().statusCode(400);
        given().body("{\"actor\":\"ada\"}")
                .post("/api/v1/models/moved/v9/promote")
                .then()
                .statusCode(404);
    }

    @Test
    void withdrawsAVersionOverTheApi() {
        Fixtures.publish(models, new ModelVersion("pulled", "v1"));
        Fixtures.publish(models, new ModelVersion("pulled", "v2"));
        given().body("{\"actor\":\"ada\"}").post("/api/v1/models/pulled/v1/promote");
        given().body("{\"actor\":\"ada\"}").post("/api/v1/models/pulled/v2/promote");
        given().body("{\"actor\":\"ada\"}")
                .post("/api/v1/models/pulled/v2/withdraw")
                .then()
                .statusCode(400)
                .body("detail", containsString("reason"));

        given().body("{\"actor\":\"ada\",\"reason\":\"wrong labels\"}")
                .post("/api/v1/models/pulled/v2/withdraw")
                .then()
                .statusCode(200)
                .body("state.version", equalTo("v1"))
                .body("state.decision", equalTo("withdrawn"))
                .body("state.about", equalTo("v2"));

        when().get("/api/v1/models/pulled")
                .then()
                .body("aliases.champion", equalTo("v1"))
                .body("versions[1].withdrawn.reason", equalTo("wrong labels"));
        given().body(new byte[10])
                .queryParam("model", "pulled")
                .queryParam("version", "v2")
                .post("/api/v1/scans")
                .then()
                .statusCode(410)
                .body("code", equalTo("MODEL_WITHDRAWN"))
                .body("detail", containsString("wrong labels"));
    }

    @Test
    void saysHowAShadowAgrees() {
        Fixtures.publish(models, new ModelVersion("shadowed", "v1"));
        when().get("/api/v1/models/shadowed/shadow").then().statusCode(200).body("$", hasSize(0));
        when().get("/api/v1/models/none/shadow").then().statusCode(404);
        Channels channels = new Channels(connector);
        ScanId scan = ScanId.next();
        ScoreEvent.ScanScored answer = Fixtures.scored(scan, "shadowed");
        channels.tell(
                "scores-shadow",
                new ScoreEvent.ScanScored(
                        scan,
                        "shadowed",
                        "v2",
                        Map.of("benign", 0.75, "cancer", 0.25),
                        "benign",
                        null,
                        null,
                        null,
                        Instant.EPOCH,
                        null,
                        "candidate",
                        null));
        channels.tell("scores", answer);

        await().untilAsserted(() -> when().get("/api/v1/models/shadowed/shadow")
                .then()
                .body("answering", contains("v1"))
                .body("shadow", contains("v2"))
                .body("[0].scans", equalTo(1))
                .body("[0].agreement", equalTo(0f))
                .body("[0].meanDifference", equalTo(0.5f)));
    }

    @Test
    void saysWhetherAVersionDrifts() {
        ModelVersion version = new ModelVersion("drifting", "v1");
        Fixtures.publishWithReference(models, version, Fixtures.answers(50, 50, 0.9));
        String path = "/api/v1/models/drifting/v1/drift";
        when().get(path)
                .then()
                .statusCode(200)
                .body("reference", equalTo("test"))
                .body("referenceImages", equalTo(100))
                .body("scans", equalTo(0))
                .body("quantities", hasSize(0));
        when().get("/api/v1/models/drifting/v2/drift").then().statusCode(404).body("code", equalTo("UNKNOWN_MODEL"));
        Channels channels = new Channels(connector);
        channels.tellRaw("model-answers", "{\"model\":".getBytes(StandardCharsets.UTF_8));
        channels.tell(
                "model-answers",
                new AnswerCounts(version, "i1", Instant.now(), Instant.now(), Fixtures.answers(390, 10, 0.9)));

        await().untilAsserted(() -> when().get(path)
                .then()
                .body("scans", equalTo(400))
                .body("quantities.find { it.quantity == 'decision' }.drifted", equalTo(true))
                .body("quantities.find { it.quantity == 'decision' }.groups[0].group", equalTo("benign"))
                .body("quantities.find { it.quantity == 'decision' }.groups[0].reference", equalTo(0.5f))
                .body("quantities.find { it.quantity == 'decision' }.groups[0].inService", equalTo(0.975f))
                .body("quantities.find { it.quantity == 'confidence' }.drifted", equalTo(false)));
        when().get("/api/v1/models/drifting/v1").then().statusCode(200);
        when().get("/api/v1/models/drifting/v1/report").then().statusCode(200);
    }

    @Test
    void splitsTrafficOverTheApi() {
        Fixtures.publish(models, new ModelVersion("split", "v1"));
        Fixtures.publish(models, new ModelVersion("split", "v2"));
        given().body("{\"actor\":\"ada\"}").post("/api/v1/models/split/v1/promote");
        given().body("{\"actor\":\"ada\",\"alias\":\"challenger\"}").post("/api/v1/models/split/v2/promote");
        String path = "/api/v1/models/split/traffic";
        when().get(path).then().statusCode(404).body("code", equalTo("UNKNOWN_TRAFFIC"));

        given().body("""
                        {"arms":[{"alias":"champion","share":0.9},{"alias":"challenger","share":0.1}],
                         "shadow":["challenger"],"actor":"ada","reason":"a first look"}""")
                .put(path)
                .then()
                .statusCode(200)
                .body("model", equalTo("split"))
                .body("number", equalTo(1))
                .body("state.arms.alias", contains("champion", "challenger"))
                .body("state.actor", equalTo("ada"));

        when().get(path).then().statusCode(200).body("state.shadow", contains("challenger"));
        given().body("{\"arms\":[{\"alias\":\"champion\",\"share\":0.5}],\"shadow\":[\"none\"]}")
                .put(path)
                .then()
                .statusCode(400)
                .body("errors.path", contains("arms", "shadow[0]", "actor"));
        given().body("{\"arms\":[{\"alias\":\"champion\",\"share\":\"all\"}]}")
                .put(path)
                .then()
                .statusCode(400)
                .body("errors[0].path", equalTo("arms[0].share"))
                .body("errors[0].message", containsString("a number"));
        when().delete(path).then().statusCode(400).body("detail", containsString("actor"));
        given().queryParam("actor", "ada").delete(path).then().statusCode(200).body("number", equalTo(2));
        when().get(path).then().statusCode(404);
    }
}
