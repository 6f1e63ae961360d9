package io.scanstream.gateway.datasets;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.api.DatasetView;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Split;
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
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class DatasetsApiTest {
    @Inject
    Datasets datasets;

    @Inject
    Jobs jobs;

    @Inject
    @Any
    InMemoryConnector connector;

    @TestHTTPResource("/api/v1/")
    URI api;

    @Test
    void takesAnUploadToTheStoreAndAsksForItsIngest() throws IOException {
        byte[] zip = Fixtures.zip();
        DatasetView view = given().body(zip)
                .contentType("application/zip")
                .post("/api/v1/datasets/taken")
                .then()
                .statusCode(202)
                .header("Location", containsString("/api/v1/datasets/taken/1"))
                .body("state", equalTo("VALIDATING"))
                .body("version", equalTo(1))
                .extract()
                .as(DatasetView.class);

        JobState job = jobs.journal(view.job()).head().orElseThrow().value();
        assertThat(job.status()).isEqualTo(JobStatus.QUEUED);
        assertThat(job.work())
                .isEqualTo(new JobState.Ingest(new DatasetVersion("taken", 1), "datasets/taken/1/upload"));
        try (var upload = datasets.openUpload(new DatasetVersion("taken", 1)).orElseThrow()) {
            assertThat(upload.readAllBytes()).isEqualTo(zip);
        }
        assertThat(new Channels(connector)
                        .onlyText("training-requests", view.job().toString()))
                .isEqualTo("{\"type\":\"IngestRequested\",\"jobId\":\"" + view.job() + "\"}");
    }

    @Test
    void showsAVersionAsItBecomesReady() {
        DatasetView view = upload("ready");
        DatasetVersion version = new DatasetVersion("ready", 1);
        when().get("/api/v1/datasets/ready/1/manifest")
                .then()
                .statusCode(409)
                .body("code", equalTo("DATASET_NOT_READY"));

        datasets.writeManifest(Fixtures.manifest(version));
        succeed(view.job(), version);

        when().get("/api/v1/datasets/ready/1")
                .then()
                .statusCode(200)
                .body("state", equalTo("READY"))
                .body("contents.classes", contains("benign", "cancer"))
                .body("contents.images", equalTo(6))
                .body("contents.counts.train.cancer", equalTo(1))
                .body("contents.counts.test.benign", equalTo(1))
                .body("contents.rejected", equalTo(1))
                .body("contents.duplicates", equalTo(2))
                .body("reason", nullValue());
        when().get("/api/v1/datasets/ready/1/manifest").then().statusCode(200).body("entries", hasSize(8));
        when().get("/api/v1/datasets/ready/1/rejected")
                .then()
                .statusCode(200)
                .body("total", equalTo(1))
                .body("items[0].code", equalTo("NOT_AN_IMAGE"));
        when().get("/api/v1/datasets/ready/1/duplicates?limit=1")
                .then()
                .statusCode(200)
                .body("items", hasSize(1))
                .body("items[0].duplicateOf", equalTo("train/benign/1.png"))
                .body("total", equalTo(2))
                .body("next", equalTo(1));
        when().get("/api/v1/datasets/ready/1/duplicates?offset=1&limit=1")
                .then()
                .body("next", nullValue());
        when().get("/api/v1/datasets").then().statusCode(200).body("name", hasItem("ready"));
        when().get("/api/v1/datasets/ready").then().statusCode(200).body("versions.state", contains("READY"));
    }

    @Test
    void showsAFirstLookOnceItIsTaken() {
        DatasetView view = upload("seen");
        DatasetVersion version = new DatasetVersion("seen", 1);
        datasets.writeManifest(Fixtures.manifest(version));
        succeed(view.job(), version);
        when().get("/api/v1/datasets/seen/1/exploration")
                .then()
                .statusCode(409)
                .body("code", equalTo("DATASET_NOT_READY"));
        when().get("/api/v1/datasets/seen/1/exploration.html").then().statusCode(409);

        datasets.writeExploration(new Exploration(
                version,
                Map.of("train", Map.of("cancer", 3)),
                Map.of("cancer", 1.0),
                3,
                List.of(new Exploration.Size(96, 64, 3)),
                List.of(0.5, 0.5, 0.5),
                List.of(0.1, 0.1, 0.1),
                Map.of(),
                0,
                0,
                0,
                0));
        jobs.writeCompanion(view.job(), "private/exploration.html", "<p>é".getBytes(StandardCharsets.UTF_8));

        when().get("/api/v1/datasets/seen/1/exploration")
                .then()
                .statusCode(200)
                .body("images.train.cancer", equalTo(3))
                .body("sizes[0].heightPx", equalTo(64));
        when().get("/api/v1/datasets/seen/1/exploration.html")
                .then()
                .statusCode(200)
                .contentType("text/html")
                .body(containsString("é"));
        when().get("/api/v1/datasets/seen/1/nearduplicates")
                .then()
                .statusCode(200)
                .body("total", equalTo(0));

        when().delete("/api/v1/datasets/seen/1").then().statusCode(204);
        assertThat(jobs.companion(view.job(), "private/exploration.html")).isEmpty();
    }

    @Test
    void makesTheNextVersionOfAScanMore() throws IOException {
        DatasetView first = upload("grows");
        DatasetVersion version = new DatasetVersion("grows", 1);
        given().body(new byte[] {1})
                .post("/api/v1/datasets/grows/scans?label=cancer")
                .then()
                .statusCode(409)
                .body("code", equalTo("CONFLICT"));
        datasets.writeManifest(Fixtures.manifest(version));
        succeed(first.job(), version);

        given().body(new byte[] {1})
                .post("/api/v1/datasets/grows/scans?label=cancre")
                .then()
                .statusCode(400)
                .body("errors[0].path", equalTo("label"))
                .body("errors[0].message", containsString("newClass=true"));
        DatasetView next = given().body(new byte[] {1, 2, 3})
                .contentType("image/png")
                .post("/api/v1/datasets/grows/scans?label=cancer&split=test&subject=p1")
                .then()
                .statusCode(202)
                .header("Location", containsString("/api/v1/datasets/grows/2"))
                .extract()
                .as(DatasetView.class);

        assertThat(jobs.journal(next.job()).head().orElseThrow().value().work())
                .isEqualTo(new JobState.Ingest(
                        new DatasetVersion("grows", 2),
                        "datasets/grows/2/upload",
                        new Amendment.ScanAdded(version, "cancer", Split.TEST, "p1", null)));
        try (var scan = datasets.openUpload(new DatasetVersion("grows", 2)).orElseThrow()) {
            assertThat(scan.readAllBytes()).containsExactly(1, 2, 3);
        }
        given().body(new byte[] {4})
                .post("/api/v1/datasets/grows/scans?label=cancer")
                .then()
                .statusCode(409);
        assertThat(datasets.versions("grows")).hasSize(2);
    }

    @Test
    void makesTheNextVersionOfAScanLess() {
        DatasetView first = upload("shrinks");
        DatasetVersion version = new DatasetVersion("shrinks", 1);
        datasets.writeManifest(Fixtures.manifest(version));
        succeed(first.job(), version);

        when().delete("/api/v1/datasets/shrinks/scans/ff")
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_SCAN"));
        DatasetView next = when().delete("/api/v1/datasets/shrinks/scans/00")
                .then()
                .statusCode(202)
                .extract()
                .as(DatasetView.class);
        assertThat(jobs.journal(next.job()).head().orElseThrow().value().work())
                .extracting(work -> ((JobState.Ingest) work).amendment())
                .isEqualTo(new Amendment.ScanRemoved(version, "00"));
    }

    @Test
    void refusesAScanWithoutALabelOrWithAStrangeSplit() {
        given().body(new byte[] {1})
                .post("/api/v1/datasets/grows/scans?split=dev")
                .then()
                .statusCode(400)
                .body("errors.path", contains("label", "split"));
        given().body(new byte[] {1})
                .post("/api/v1/datasets/nobodys/scans?label=a")
                .then()
                .statusCode(404);
    }

    @Test
    void showsWhyAVersionFailed() {
        DatasetView view = upload("failed");
        jobs.journal(view.job())
                .update(head -> Optional.of(
                        head.orElseThrow().value().failed(ErrorCode.INVALID_DATASET, "no image in it", Instant.now())));
        new Channels(connector)
                .tell(
                        "training-events",
                        new TrainingEvent.TrainingFailed(
                                view.job(), ErrorCode.INVALID_DATASET, "no image in it", Instant.now()));

        await().untilAsserted(() -> when().get("/api/v1/datasets/failed/1")
                .then()
                .statusCode(200)
                .body("state", equalTo("FAILED"))
                .body("code", equalTo("INVALID_DATASET"))
                .body("reason", equalTo("no image in it")));
        when().get("/api/v1/datasets/failed/1/manifest")
                .then()
                .statusCode(400)
                .body("code", equalTo("INVALID_DATASET"));
    }

    @Test
    void aVersionWhoseManifestIsGoneIsNoVersionToTrainOn() {
        DatasetView view = upload("gone");
        succeed(view.job(), new DatasetVersion("gone", 1));

        await().untilAsserted(() -> when().get("/api/v1/datasets/gone/1")
                .then()
                .statusCode(200)
                .body("state", equalTo("FAILED"))
                .body("reason", containsString("manifest")));
    }

    @Test
    void streamsAnIngestsEventsToItsEnd() throws Exception {
        DatasetView view = upload("streamed");
        DatasetVersion version = new DatasetVersion("streamed", 1);
        Channels channels = new Channels(connector);
        try (EventReader events = new EventReader(api.resolve("datasets/streamed/1/events"))) {
            assertThat(events.status()).isEqualTo(200);
            // Until the stream has begun to listen, what is told live is told to nobody.
            await().untilAsserted(() -> {
                channels.tell("training-events", new TrainingEvent.IngestProgressed(view.job(), 10, 1, Instant.now()));
                assertThat(events.names()).contains("IngestProgressed");
            });
            datasets.writeManifest(Fixtures.manifest(version));
            succeed(view.job(), version);
            await().until(events::ended);

            assertThat(events.names()).startsWith("IngestProgressed").endsWith("DatasetReady");
        }
        try (EventReader late = new EventReader(api.resolve("jobs/" + view.job() + "/events"))) {
            await().until(late::ended);
            assertThat(late.names()).containsExactly("DatasetReady");
            assertThat(late.data().get(0)).contains("\"images\":8").contains("\"rejected\":1");
        }
    }

    @Test
    void refusesWhatBeginsLikeNoArchive() {
        given().body("hello")
                .post("/api/v1/datasets/none")
                .then()
                .statusCode(415)
                .body("detail", containsString("'hello'"));
        given().body("PK").post("/api/v1/datasets/none").then().statusCode(415);
        given().post("/api/v1/datasets/none").then().statusCode(400);
        when().get("/api/v1/datasets/none").then().statusCode(404).body("code", equalTo("UNKNOWN_DATASET"));
    }

    @Test
    void takesTarAndGzipToo() {
        byte[] tar = new byte[1024];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        given().body(tar)
                .contentType("application/x-tar")
                .post("/api/v1/datasets/tarred")
                .then()
                .statusCode(202);
        given().body(new byte[] {0x1f, (byte) 0x8b, 8, 0})
                .contentType("application/gzip")
                .post("/api/v1/datasets/tarred")
                .then()
                .statusCode(202)
                .body("version", equalTo(2));
    }

    @Test
    void refusesATooLargeUploadDeclaredOrNotAndKeepsNothingOfIt() {
        byte[] large = Arrays.copyOf(Fixtures.zip(), GatewayUnderTest.UPLOAD_MAX_BYTES + 1);
        given().body(large)
                .contentType("application/zip")
                .post("/api/v1/datasets/large")
                .then()
                .statusCode(413)
                .body("code", equalTo("TOO_LARGE"));
        given().body(new ByteArrayInputStream(large))
                .contentType("application/zip")
                .post("/api/v1/datasets/large")
                .then()
                .statusCode(413)
                .body("code", equalTo("TOO_LARGE"));
        when().get("/api/v1/datasets/large").then().statusCode(404);
        assertThat(upload("large").version()).isEqualTo(1);
    }

    @Test
    void anUploadWhoseClientHangsUpLeavesNothing() throws IOException {
        try (Socket client = new Socket(api.getHost(), api.getPort())) {
            client.getOutputStream()
                    .write("POST /api/v1/datasets/cut HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(Arrays.copyOf(Fixtures.zip(), 5000));
            client.getOutputStream().flush();
            await().until(() -> !datasets.versions("cut").isEmpty());
        }
        await().until(() -> datasets.versions("cut").isEmpty());
    }

    @Test
    void deletesAVersionAndCancelsItsIngest() {
        DatasetView view = upload("deleted");

        given().delete("/api/v1/datasets/deleted/1").then().statusCode(204);

        when().get("/api/v1/datasets/deleted/1").then().statusCode(404);
        given().delete("/api/v1/datasets/deleted/1").then().statusCode(404);
        assertThat(jobs.journal(view.job()).head().orElseThrow().value().status())
                .isEqualTo(JobStatus.CANCELLED);
        assertThat(upload("deleted").version()).isEqualTo(2);
    }

    @Test
    void keepsAVersionThatATrainingUses() {
        upload("used");
        DatasetVersion version = new DatasetVersion("used", 1);
        JobId training = JobId.next();
        jobs.journal(training)
                .append(
                        0,
                        JobState.queued(
                                training, new JobState.Training("m", version, Fixtures.recipe()), Instant.now()));

        given().delete("/api/v1/datasets/used/1")
                .then()
                .statusCode(409)
                .body("code", equalTo("IN_USE"))
                .body("detail", containsString(training.toString()));

        jobs.journal(training)
                .update(head -> Optional.of(head.orElseThrow().value().cancelled("enough", Instant.now())));
        given().delete("/api/v1/datasets/used/1").then().statusCode(204);
    }

    private void succeed(JobId job, DatasetVersion version) {
        jobs.journal(job)
                .update(head -> Optional.of(head.orElseThrow().value().succeeded(version.toString(), Instant.now())));
        new Channels(connector)
                .tell("training-events", new TrainingEvent.DatasetReady(job, version, 8, 1, Instant.now()));
    }

    private static DatasetView upload(String name) {
        return given().body(Fixtures.zip())
                .contentType("application/zip")
                .post("/api/v1/datasets/" + name)
                .then()
                .statusCode(202)
                .extract()
                .as(DatasetView.class);
    }
}
