package io.scanstream.gateway.scans;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.api.BatchedScan;
import io.scanstream.contracts.api.ScanView;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.gateway.testing.Channels;
import io.scanstream.gateway.testing.EventReader;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.Scans;
import io.scanstream.storage.Traffic;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class ScansApiTest {
    private static final ModelVersion MODEL = new ModelVersion("scorer", "v1");

    @Inject
    Models models;

    @Inject
    Scans scans;

    @Inject
    ObjectStore store;

    @Inject
    @Any
    InMemoryConnector connector;

    @TestHTTPResource("/api/v1/")
    URI api;

    private Channels channels;

    @BeforeEach
    void aModel() {
        channels = new Channels(connector);
        if (!models.exists(MODEL)) {
            Fixtures.publish(models, MODEL);
        }
    }

    @Test
    void takesTheHeadersAlongThatTheModelsTrafficMayLookAt() {
        Journal<TrafficState> traffic = new Traffic(store).journal("scorer");
        traffic.update(head -> Optional.of(new TrafficState(
                List.of(),
                List.of(new TrafficState.Rule("x-ward", "3", "champion")),
                List.of(),
                "ada",
                "",
                Instant.now())));
        channels.tell("model-events", new ModelEvent.TrafficChanged("scorer", Instant.now()));

        await().untilAsserted(() -> {
            String id = given().body(bytes(10))
                    .header("X-Ward", "3")
                    .header("X-Scanstream-Cohort", "b")
                    .header("X-Other", "c")
                    .queryParam("model", "scorer")
                    .queryParam("version", "v1")
                    .post("/api/v1/scans")
                    .then()
                    .statusCode(202)
                    .extract()
                    .path("id");
            var record = channels.only("scans", id);
            assertThat(Channels.header(record, "x-scanstream-cohort")).contains("b");
            assertThat(Channels.header(record, "x-other")).isEmpty();
            assertThat(Channels.header(record, "X-Other")).isEmpty();
            assertThat(Channels.header(record, "x-ward")).contains("3");
        });
    }

    @Test
    void theHeatMapOfAKeptScanIsMadeByTheVersionThatScoredIt() {
        ScanId id = sent(new byte[] {1, 2, 3}, GatewayUnderTest.INLINE_MAX_BYTES + 1);
        given().get("/api/v1/scans/" + id + "/heatmap").then().statusCode(409).body("code", equalTo("CONFLICT"));
        scored(id, "v1");

        byte[] picture = given().get("/api/v1/scans/" + id + "/heatmap")
                .then()
                .statusCode(200)
                .contentType("image/png")
                .header("X-Scanstream-Version", "v1")
                .header("X-Scanstream-Label", "cancer")
                .extract()
                .asByteArray();
        assertThat(picture).hasSize(GatewayUnderTest.INLINE_MAX_BYTES + 1).endsWith(3, 2, 1);
        given().accept("application/json")
                .queryParam("label", "a b")
                .get("/api/v1/scans/" + id + "/heatmap")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("asked", equalTo("/v1/models/scorer/heatmap?version=v1&label=a+b"));

        given().delete("/api/v1/scans/" + id).then().statusCode(204);
        given().get("/api/v1/scans/" + id + "/heatmap").then().statusCode(410).body("code", equalTo("SCAN_FORGOTTEN"));
    }

    @Test
    void thereIsNoHeatMapWithoutBytesWithoutTheVersionOrWithoutTheScan() {
        ScanId inTheRecord = sent(new byte[] {1}, 10);
        scored(inTheRecord, "v1");
        given().get("/api/v1/scans/" + inTheRecord + "/heatmap")
                .then()
                .statusCode(410)
                .body("detail", containsString("scanstream.scans.inline-max-bytes=0 keeps"));
        ScanId byAGoneVersion = sent(new byte[] {1}, GatewayUnderTest.INLINE_MAX_BYTES + 1);
        scored(byAGoneVersion, "gone");
        given().get("/api/v1/scans/" + byAGoneVersion + "/heatmap")
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_MODEL"))
                .body("detail", equalTo("The version that scored the scan is gone: no gone"));
        given().get("/api/v1/scans/" + UUID.randomUUID() + "/heatmap")
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_SCAN"));
    }

    private static ScanId sent(byte[] first, int sizeBytes) {
        return ScanId.of(given().body(Arrays.copyOf(first, sizeBytes))
                .queryParam("model", "scorer")
                .queryParam("version", "v1")
                .post("/api/v1/scans")
                .then()
                .statusCode(202)
                .extract()
                .path("id"));
    }

    private void scored(ScanId id, String version) {
        channels.tell(
                "scores",
                new ScoreEvent.ScanScored(
                        id, "scorer", version, Map.of("cancer", 1.0), "cancer", null, Instant.now(), null));
        await().untilAsserted(() -> given().get("/api/v1/scans/" + id).then().body("status", equalTo("SCORED")));
    }

    @Test
    void writesASmallScanIntoTheRecordWithItsHeaders() {
        byte[] image = bytes(GatewayUnderTest.INLINE_MAX_BYTES);
        ScanId id = given().body(image)
                .contentType("image/png")
                .queryParam("model", "scorer")
                .queryParam("version", "v1")
                .queryParam("deadline", "2030-01-01T02:00:00+02:00")
                .post("/api/v1/scans")
                .then()
                .statusCode(202)
                .header("Location", containsString("/api/v1/scans/"))
                .body("status", equalTo("PENDING"))
                .extract()
                .as(ScanView.class)
                .id();

        Message<byte[]> record = channels.only("scans", id.toString());
        assertThat(record.getPayload()).isEqualTo(image);
        assertThat(Channels.header(record, ScanHeaders.ID)).contains(id.toString());
        assertThat(Channels.header(record, ScanHeaders.SPEC_VERSION)).contains("1.0");
        assertThat(Channels.header(record, ScanHeaders.TYPE)).contains(ScanHeaders.TYPE_ARRIVED);
        assertThat(Channels.header(record, ScanHeaders.SOURCE)).isPresent();
        assertThat(Channels.header(record, ScanHeaders.MODEL)).contains("scorer");
        assertThat(Channels.header(record, ScanHeaders.MODEL_VERSION)).contains("v1");
        assertThat(Channels.header(record, ScanHeaders.MODEL_ALIAS)).isEmpty();
        assertThat(Channels.header(record, ScanHeaders.DEADLINE)).contains("2030-01-01T00:00:00Z");
        assertThat(Channels.header(record, ScanHeaders.CONTENT_TYPE)).contains("image/png");
        Instant time = Instant.parse(Channels.header(record, ScanHeaders.TIME).orElseThrow());
        assertThat(Duration.between(time, Instant.now())).isLessThan(Duration.ofMinutes(5));
    }

    @Test
    void putsALargeScanIntoTheStoreAndATicketIntoTheRecord() {
        byte[] image = bytes(GatewayUnderTest.INLINE_MAX_BYTES + 1);
        for (boolean declared : new boolean[] {true, false}) {
            RequestSpecification request = to("v1");
            ScanId id = id(declared ? request.body(image) : request.body(new ByteArrayInputStream(image)));

            Message<byte[]> record = channels.only("scans", id.toString());
            assertThat(Channels.header(record, ScanHeaders.CONTENT_TYPE)).contains(ScanHeaders.CLAIM_TICKET);
            ClaimTicket ticket = Json.read(record.getPayload(), ClaimTicket.class);
            assertThat(scans.get(ticket, 1 << 20)).isEqualTo(image);

            given().delete("/api/v1/scans/" + id).then().statusCode(204);
            given().delete("/api/v1/scans/" + id).then().statusCode(204);
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> scans.get(ticket, 1 << 20)))
                    .hasMessageContaining(ticket.key());
        }
    }

    @Test
    void urgentScansHaveTheirOwnTopic() {
        ScanId id = id(to("v1").queryParam("urgent", "true").body(bytes(10)));

        channels.only("scans-urgent", id.toString());
        assertThat(channels.written("scans", id.toString())).isEmpty();
    }

    @Test
    void aScanThatSaysItIsAClaimTicketIsNotTakenForOne() {
        ScanId id = id(to("v1").contentType(ScanHeaders.CLAIM_TICKET)
                .body("{\"key\":\"scans/x\"}".getBytes(StandardCharsets.UTF_8)));

        assertThat(Channels.header(channels.only("scans", id.toString()), ScanHeaders.CONTENT_TYPE))
                .contains("application/octet-stream");
    }

    @Test
    void refusesWhatIsTooLargeDeclaredOrNot() {
        byte[] image = bytes(GatewayUnderTest.SCAN_MAX_BYTES + 1);
        to("v1").body(image).post("/api/v1/scans").then().statusCode(413).body("code", equalTo("TOO_LARGE"));
        to("v1").body(new ByteArrayInputStream(image))
                .post("/api/v1/scans")
                .then()
                .statusCode(413)
                .contentType("application/problem+json")
                .body("code", equalTo("TOO_LARGE"));
    }

    @Test
    void refusesAQueryParameterThatItDoesNotKnow() {
        for (String path : new String[] {"/api/v1/scans", "/api/v1/scans/batch"}) {
            given().queryParam("model", "scorer")
                    .queryParam("verison", "v1")
                    .multiPart("scan", "1.png", bytes(1))
                    .post(path)
                    .then()
                    .statusCode(400)
                    .body(
                            "detail",
                            containsString("'verison' is no query parameter of a scan; expected model, version"));
        }
    }

    @Test
    void refusesWhatNothingCanScore() {
        given().body(bytes(1)).post("/api/v1/scans").then().statusCode(400).body("detail", containsString("model"));
        given().queryParam("model", "no-such")
                .body(bytes(1))
                .post("/api/v1/scans")
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_MODEL"));
        to("v2").body(bytes(1)).post("/api/v1/scans").then().statusCode(404);
        given().queryParam("model", "scorer")
                .queryParam("alias", "nightly")
                .body(bytes(1))
                .post("/api/v1/scans")
                .then()
                .statusCode(404)
                .body("detail", containsString("nightly"));
        to("v1").post("/api/v1/scans").then().statusCode(400).body("detail", containsString("empty"));
        to("v1").queryParam("deadline", "soon")
                .body(bytes(1))
                .post("/api/v1/scans")
                .then()
                .statusCode(400);
        to("v1").queryParam("urgent", "maybe")
                .body(bytes(1))
                .post("/api/v1/scans")
                .then()
                .statusCode(400);
    }

    @Test
    void showsAScanUntilAndAfterItsScoreComes() {
        ScanId scored = id(to("v1").body(bytes(10)));
        ScanId rejected = id(to("v1").body(bytes(10)));
        when().get("/api/v1/scans/" + scored).then().statusCode(200).body("status", equalTo("PENDING"));

        channels.tell("scores", Fixtures.scored(scored, "scorer"));
        channels.tell(
                "scores",
                new ScoreEvent.ScanRejected(
                        rejected, "scorer", "v1", ErrorCode.NOT_AN_IMAGE, "no image", Instant.now()));

        await().untilAsserted(() -> when().get("/api/v1/scans/" + scored)
                .then()
                .statusCode(200)
                .body("status", equalTo("SCORED"))
                .body("result.type", equalTo("ScanScored"))
                .body("result.decision", equalTo("cancer"))
                .body("result.probabilities.cancer", equalTo(0.75f)));
        await().untilAsserted(() -> when().get("/api/v1/scans/" + rejected)
                .then()
                .body("status", equalTo("REJECTED"))
                .body("result.code", equalTo("NOT_AN_IMAGE")));
    }

    @Test
    void showsWhereAScanThatItDidNotTakeInCameFrom() {
        ScanId arrived = ScanId.next();
        channels.tell(
                "scores",
                new ScoreEvent.ScanRejected(
                        arrived,
                        "scorer",
                        null,
                        ErrorCode.NOT_AN_IMAGE,
                        "no image",
                        Instant.now(),
                        "s3://bucket/incoming/scorer/ward 3/1.png"));

        await().untilAsserted(() -> when().get("/api/v1/scans/" + arrived)
                .then()
                .statusCode(200)
                .body("result.source", equalTo("s3://bucket/incoming/scorer/ward 3/1.png")));
    }

    @Test
    void tellsUnknownFromForgotten() {
        when().get("/api/v1/scans/" + ScanId.next()).then().statusCode(404).body("code", equalTo("UNKNOWN_SCAN"));
        when().get("/api/v1/scans/" + UUID.randomUUID()).then().statusCode(404);
        ScanId old = new ScanId(TimeOrderedId.derived(Instant.now().minus(Duration.ofDays(30)), "old"));
        when().get("/api/v1/scans/" + old).then().statusCode(410).body("code", equalTo("SCAN_FORGOTTEN"));
        when().get("/api/v1/scans/1").then().statusCode(400);
        given().delete("/api/v1/scans/" + ScanId.next()).then().statusCode(404);
    }

    @Test
    void waitsForTheScoreAsLongAsPreferred() {
        byte[] image = bytes(20);
        String key = UUID.randomUUID().toString();
        CompletableFuture<Void> scorer = CompletableFuture.runAsync(() -> {
            ScanId id = await().until(
                            () -> connector.<byte[]>sink("scans").received().stream()
                                    .filter(message -> java.util.Arrays.equals(message.getPayload(), image))
                                    .map(message -> Channels.header((Message<byte[]>) message, ScanHeaders.ID)
                                            .orElseThrow())
                                    .findFirst()
                                    .map(ScanId::of)
                                    .orElse(null),
                            found -> found != null);
            channels.tell("scores", Fixtures.scored(id, "scorer"));
        });
        to("v1").header("Prefer", "wait=30")
                .header("Idempotency-Key", key)
                .body(image)
                .post("/api/v1/scans")
                .then()
                .statusCode(200)
                .header("Preference-Applied", "wait=30")
                .body("status", equalTo("SCORED"))
                .body("result.version", equalTo("v1"));
        scorer.join();
        to("v1").header("Prefer", "wait=1")
                .body(image)
                .post("/api/v1/scans")
                .then()
                .statusCode(202)
                .body("result", nullValue());
    }

    @Test
    void theSameKeyIsTheSameScanAndIsWrittenOnce() {
        String key = UUID.randomUUID().toString();
        byte[] image = bytes(30);
        ScanId id = id(to("v1").header("Idempotency-Key", key).body(image));

        assertThat(id(to("v1").header("Idempotency-Key", key).body(image))).isEqualTo(id);

        channels.only("scans", id.toString());
        to("v1").header("Idempotency-Key", key)
                .body(bytes(31))
                .post("/api/v1/scans")
                .then()
                .statusCode(400);
        to("v1").header("Idempotency-Key", key)
                .queryParam("urgent", "true")
                .body(image)
                .post("/api/v1/scans")
                .then()
                .statusCode(400);
        when().get("/api/v1/scans/" + id).then().statusCode(200).body("status", equalTo("PENDING"));
    }

    @Test
    void takesManyScansInOneFormAndSaysWhatBecameOfEach() {
        List<BatchedScan> answers = to("v1").contentType("multipart/form-data")
                .multiPart("scan", "a.png", bytes(10), "image/png")
                .multiPart("scan", "empty.png", new byte[0], "image/png")
                .multiPart("scan", "large.tif", bytes(5000), "image/tiff")
                .multiPart("scan", "huge.tif", bytes(GatewayUnderTest.SCAN_MAX_BYTES + 1), "image/tiff")
                .post("/api/v1/scans/batch")
                .then()
                .statusCode(202)
                .body("", hasSize(4))
                .body("[0].id", notNullValue())
                .extract()
                .jsonPath()
                .getList("", BatchedScan.class);

        assertThat(answers)
                .extracting(BatchedScan::file)
                .containsExactly("a.png", "empty.png", "large.tif", "huge.tif");
        assertThat(answers.get(1).error().code()).isEqualTo(ErrorCode.INVALID_REQUEST);
        assertThat(answers.get(3).error().code()).isEqualTo(ErrorCode.TOO_LARGE);
        assertThat(Channels.header(
                        channels.only("scans", String.valueOf(answers.get(0).id())), ScanHeaders.CONTENT_TYPE))
                .contains("image/png");
        assertThat(Channels.header(
                        channels.only("scans", String.valueOf(answers.get(2).id())), ScanHeaders.CONTENT_TYPE))
                .contains(ScanHeaders.CLAIM_TICKET);

        to("v1").contentType("multipart/form-data")
                .multiPart("note", "text")
                .post("/api/v1/scans/batch")
                .then()
                .statusCode(400);
        given().queryParam("model", "no-such")
                .multiPart("scan", "a.png", bytes(10), "image/png")
                .post("/api/v1/scans/batch")
                .then()
                .statusCode(404);
    }

    @Test
    void streamsScoresOfTheModelThatIsAskedFor() throws Exception {
        try (EventReader all = new EventReader(api.resolve("scans/events"));
                EventReader other = new EventReader(api.resolve("scans/events?model=other"))) {
            await().untilAsserted(() -> {
                channels.tell("scores", Fixtures.scored(ScanId.next(), "scorer"));
                channels.tell("scores", Fixtures.scored(ScanId.next(), "other"));
                assertThat(all.names()).contains("ScanScored");
                assertThat(other.names()).contains("ScanScored");
            });
            assertThat(other.data()).allMatch(json -> json.contains("\"model\":\"other\""));
            assertThat(String.join("", all.data())).contains("\"model\":\"scorer\"");
            channels.tellRaw("scores", "{\"type\":\"Odd\"}".getBytes(StandardCharsets.UTF_8));
            ScanId last = ScanId.next();
            channels.tell("scores", Fixtures.scored(last, "other"));
            await().untilAsserted(() -> assertThat(other.ids()).contains(last.toString()));
        }
    }

    private static RequestSpecification to(String version) {
        return given().contentType("application/octet-stream")
                .queryParam("model", "scorer")
                .queryParam("version", version);
    }

    private static ScanId id(RequestSpecification request) {
        return request.post("/api/v1/scans")
                .then()
                .statusCode(202)
                .extract()
                .as(ScanView.class)
                .id();
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random().nextBytes(bytes);
        return bytes;
    }
}
