package io.scanstream.gateway.subjects;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.consent.ExclusionPlan;
import io.scanstream.contracts.dataset.Amendment;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.dataset.Tombstone;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.gateway.jobs.JobBoard;
import io.scanstream.gateway.testing.CapturedLog;
import io.scanstream.gateway.testing.Channels;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.storage.Blobs;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Exclusions;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.SubjectScans;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A subject withdraws consent; the test is the trainer. */
@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class ExclusionApiTest {
    @Inject
    ObjectStore store;

    @Inject
    Datasets datasets;

    @Inject
    Jobs jobs;

    @Inject
    JobBoard board;

    @Inject
    Models models;

    @Inject
    SubjectScans subjectScans;

    @Inject
    ExclusionDesk desk;

    @Inject
    @Any
    InMemoryConnector connector;

    private final List<Manifest.Entry> entries = new ArrayList<>();

    private String blob(String content) {
        return new Blobs(store).put(content.getBytes(StandardCharsets.UTF_8));
    }

    private boolean isKept(String sha256) {
        return store.exists("blobs/" + sha256);
    }

    private String entry(String path, String label, Split split, String subject) {
        String sha256 = blob(path);
        entries.add(new Manifest.Entry(path, sha256, 1, label, split, subject, null, null));
        return sha256;
    }

    /** Two classes in training and test, of somebody else. */
    private void others() {
        for (String label : List.of("benign", "cancer")) {
            for (Split split : List.of(Split.TRAIN, Split.TEST)) {
                entry("other/" + split + "/" + label, label, split, "somebody");
            }
        }
    }

    private DatasetVersion dataset(String name) {
        DatasetVersion version = datasets.reserve(name, JobId.next());
        datasets.writeManifest(new Manifest(version, List.of("benign", "cancer"), entries, List.of(), Instant.EPOCH));
        return version;
    }

    /** Does what a trainer does with the ingest of a next version. */
    private Manifest ingest(DatasetVersion version) {
        JobId job = datasets.ingestJob(version).orElseThrow();
        JobState state = jobs.journal(job).head().orElseThrow().value();
        Amendment amendment = ((JobState.Ingest) state.work()).amendment();
        assertThat(amendment).isInstanceOf(Amendment.SubjectExcluded.class);
        Manifest base = datasets.manifest(amendment.base()).orElseThrow();
        datasets.writeManifest(new Manifest(version, base.classes(), base.entries(), List.of(), Instant.EPOCH));
        jobs.journal(job)
                .update(head -> Optional.of(head.orElseThrow().value().succeeded(version.toString(), Instant.now())));
        return datasets.manifest(version).orElseThrow();
    }

    private JobId training(DatasetVersion dataset, String model) {
        JobId job = JobId.next();
        jobs.journal(job)
                .append(
                        0,
                        JobState.queued(job, new JobState.Training(model, dataset, Fixtures.recipe()), Instant.now()));
        return job;
    }

    /** No other test's upload is still to be read: an exclusion waits for those. */
    @BeforeEach
    void endIngests() {
        board.refresh();
        for (JobState left : board.all()) {
            if (left.work() instanceof JobState.Ingest && !left.status().ended()) {
                jobs.journal(left.id())
                        .update(head -> Optional.of(
                                head.orElseThrow().value().cancelled("left by another test", Instant.now())));
            }
        }
        board.refresh();
    }

    @Test
    void excludesASubjectFromEndToEnd() {
        String subject = "patient 0815/7";
        others();
        String theirs = entry("train/cancer/1.png", "cancer", Split.TRAIN, subject);
        String shared = entry("train/cancer/2.png", "cancer", Split.TRAIN, subject);
        entries.add(new Manifest.Entry(
                "train/cancer/3.png", shared, 1, "cancer", Split.TRAIN, "another", null, "train/cancer/2.png"));
        entries.add(new Manifest.Entry(
                "train/cancer/4.png", theirs, 1, "cancer", Split.TRAIN, null, null, "train/cancer/1.png"));
        DatasetVersion version = dataset("consent");
        byte[] manifestBefore = Json.bytes(datasets.manifest(version).orElseThrow());
        JobId trained = training(version, "consented");
        ModelVersion model = ModelVersion.of("consented", trained);
        jobs.journal(trained)
                .update(head -> Optional.of(head.orElseThrow().value().succeeded(model.toString(), Instant.now())));
        Fixtures.publish(models, model, trained, version);
        JobId running = training(version, "under-way");
        for (JobId job : List.of(trained, running)) {
            jobs.writeCompanion(job, "private/gallery.html", new byte[] {1});
            jobs.writeCompanion(job, "checkpoints/token/0001/weights", new byte[] {1});
        }
        String scan = given().body(new byte[] {1, 2, 3})
                .header("X-Scanstream-Subject", subject)
                .header("X-Scanstream-Ward", "3")
                .queryParam("model", "consented")
                .queryParam("version", model.version())
                .post("/api/v1/scans")
                .then()
                .statusCode(202)
                .extract()
                .path("id");
        var record = new Channels(connector).only("scans", scan);
        assertThat(Channels.header(record, ScanHeaders.CONTENT_TYPE))
                .as("small, and yet in the store, where it can be deleted")
                .contains(ScanHeaders.CLAIM_TICKET);
        assertThat(Channels.header(record, "x-scanstream-ward")).contains("3");
        assertThat(Channels.header(record, "x-scanstream-subject")).isEmpty();
        assertThat(keptScan(scan)).isTrue();

        String id;
        try (CapturedLog log = new CapturedLog()) {
            id = given().body(Json.text(
                            Map.of("subject", subject, "retrain", true, "actor", "ada", "reason", "consent withdrawn")))
                    .post("/api/v1/subjects/exclusions")
                    .then()
                    .statusCode(202)
                    .header("Location", containsString("/api/v1/subjects/exclusions/"))
                    .body("status", equalTo("EXCLUDING"))
                    .body("before.held[0].dataset.name", equalTo("consent"))
                    .body("before.held[0].scans", equalTo(3))
                    .body("before.keptScans", equalTo(1))
                    .body("before.models.version", contains(model.version()))
                    .body("before.trainings", contains(running.toString()))
                    .body("before.kafka.topic", hasSize(7))
                    .body("before.kafka.find { it.topic == 'scores' }.until", containsString("T"))
                    .body("after", nullValue())
                    .extract()
                    .path("id");
            assertThat(log.lines()).noneMatch(line -> line.contains("0815"));
        }
        // At once: nobody gets the entries any more, trainings end, what shows the scans is gone.
        assertThat(datasets.manifest(version).orElseThrow().entries())
                .extracting(Manifest.Entry::path)
                .doesNotContain("train/cancer/1.png", "train/cancer/2.png", "train/cancer/4.png")
                .contains("train/cancer/3.png");
        when().get("/api/v1/datasets/consent/1/manifest").then().body("entries", hasSize(5));
        when().get("/api/v1/datasets/consent/1").then().body("contents.images", equalTo(5));
        assertThat(Json.bytes(datasets.wholeManifest(version).orElseThrow()))
                .as("its digest stays what models' cards say")
                .isEqualTo(manifestBefore);
        assertThat(board.refresh(running).orElseThrow().status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(board.refresh(running).orElseThrow().reason()).contains(id);
        for (JobId job : List.of(trained, running)) {
            assertThat(jobs.companion(job, "private/gallery.html")).isEmpty();
            assertThat(jobs.companion(job, "checkpoints/token/0001/weights")).isEmpty();
        }
        assertThat(keptScan(scan)).isFalse();
        when().get("/api/v1/models/consented").then().body("versions[0].exclusions.exclusion", contains(id));
        assertThat(new Channels(connector).written("promotions", model.toString()))
                .anyMatch(message -> new String(message.getPayload(), StandardCharsets.UTF_8).contains("ModelFlagged"));

        // Asked for once more, it is the same one.
        given().body(Json.text(Map.of("subject", subject, "actor", "ada")))
                .post("/api/v1/subjects/exclusions")
                .then()
                .statusCode(202)
                .body("id", equalTo(id));
        Manifest next = ingest(new DatasetVersion("consent", 2));
        assertThat(next.entries()).extracting(Manifest.Entry::subject).doesNotContain(subject);
        desk.advanceAll();

        String answer = when().get("/api/v1/subjects/exclusions/" + id)
                .then()
                .statusCode(200)
                .body("status", equalTo("DONE"))
                .body("after.successors[0].version", equalTo(2))
                .body("after.blobsDeleted", equalTo(1))
                .body("after.blobsShared", equalTo(1))
                .body("after.flagged.version", contains(model.version()))
                .body("after.cleared", hasSize(2))
                .body("after.retrainings", hasSize(2))
                .body("after.remarks", hasSize(0))
                .extract()
                .asString();
        assertThat(answer).doesNotContain("0815").contains(subjectScans.digest(subject));
        assertThat(isKept(theirs)).isFalse();
        assertThat(isKept(shared)).as("another's too").isTrue();
        List<JobState> retrainings = board.all().stream()
                .filter(job -> job.work() instanceof JobState.Training training
                        && training.dataset().equals(new DatasetVersion("consent", 2)))
                .toList();
        assertThat(retrainings)
                .extracting(job -> ((JobState.Training) job.work()).model())
                .containsExactlyInAnyOrder("consented", "under-way");
        assertThat(retrainings).allMatch(job -> job.status() == JobStatus.QUEUED);
        assertThat(store.list("exclusions/" + id + "/").stream().map(ObjectStore.Listed::key))
                .as("the plan named the subject")
                .noneMatch(key -> key.endsWith("plan.json"));
        when().get("/api/v1/subjects/exclusions").then().statusCode(200).body("[0].id", equalTo(id));
        given().body(Json.text(Map.of("subject", subject, "actor", "ada")))
                .post("/api/v1/subjects/exclusions")
                .then()
                .statusCode(404)
                .body("code", equalTo("UNKNOWN_SUBJECT"))
                .body("detail", org.hamcrest.Matchers.not(containsString("0815")));
    }

    private boolean keptScan(String id) {
        return store.list("scans/").stream().anyMatch(object -> object.key().endsWith(id));
    }

    @Test
    void deletesByTheIdInTheAddressAndRetrainsNothingUnasked() {
        others();
        entry("train/cancer/p4711.png", "cancer", Split.TRAIN, "p4711");
        DatasetVersion version = dataset("by-address");
        ModelVersion model = new ModelVersion("by-address", "v1");
        Fixtures.publish(models, model, null, version);

        String id = given().queryParam("actor", "ada")
                .delete("/api/v1/subjects/p4711")
                .then()
                .statusCode(202)
                .extract()
                .path("id");
        ingest(new DatasetVersion("by-address", 2));
        desk.advanceAll();

        when().get("/api/v1/subjects/exclusions/" + id)
                .then()
                .body("status", equalTo("DONE"))
                .body("after.retrainings", hasSize(0))
                .body("after.flagged.name", contains("by-address"));
        given().queryParam("actor", "ada")
                .delete("/api/v1/subjects/nobody")
                .then()
                .statusCode(404);
        given().delete("/api/v1/subjects/p4711").then().statusCode(400).body("detail", containsString("actor"));
        when().get("/api/v1/subjects/exclusions/" + JobId.next()).then().statusCode(404);
    }

    /** Where a gateway died: after the plan, after the tombstones, before the record was closed. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void takesUpWhatAGatewayLeftWhenItDied(int stage) {
        String subject = "left-" + stage;
        others();
        String theirs = entry("train/cancer/" + subject, "cancer", Split.TRAIN, subject);
        DatasetVersion version = dataset("left-" + stage);
        ExclusionPlan plan =
                new ExclusionPlan(JobId.next(), subject, subjectScans.digest(subject), false, "ada", "", Instant.now());
        Exclusions exclusions = new Exclusions(store);
        exclusions.plan(plan);
        if (stage > 0) {
            datasets.bury(version, new Tombstone(plan.id(), List.of(entries.size() - 1), plan.at()));
        }
        desk.advanceAll();
        ingest(new DatasetVersion(version.name(), 2));
        if (stage > 1) {
            new Blobs(store).delete(theirs);
        }
        desk.advanceAll();
        desk.advanceAll();

        assertThat(exclusions.plan(plan.id())).isEmpty();
        assertThat(exclusions.after(plan.id()).orElseThrow().successors())
                .containsExactly(new DatasetVersion(version.name(), 2));
        assertThat(exclusions.after(plan.id()).orElseThrow().blobsDeleted()).isEqualTo(1);
        assertThat(exclusions.before(plan.id()).orElseThrow().held().get(0).scans())
                .isEqualTo(1);
        assertThat(isKept(theirs)).isFalse();
        assertThat(datasets.versions(version.name())).as("one next version").hasSize(2);
    }

    @Test
    void aDataSetThatIsNothingWithoutTheSubjectGetsNoNextVersion() {
        entry("train/benign/only", "benign", Split.TRAIN, "somebody else");
        String theirs = entry("train/cancer/only", "cancer", Split.TRAIN, "the only one");
        dataset("one-patient");

        String id = given().body(Json.text(Map.of("subject", "the only one", "actor", "ada")))
                .post("/api/v1/subjects/exclusions")
                .then()
                .statusCode(202)
                .extract()
                .path("id");
        // Other tests' ingests may be under way in this process.
        desk.advanceAll();

        when().get("/api/v1/subjects/exclusions/" + id)
                .then()
                .body("status", equalTo("DONE"))
                .body("after.successors", hasSize(0))
                .body("after.remarks[0]", containsString("no next version"));
        assertThat(isKept(theirs)).isFalse();
    }
}
