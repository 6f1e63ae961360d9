package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.TimeOrderedId;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.training.TrainingEvent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectStoreTest {
    private static TestStore server;
    private static ObjectStore store;

    @BeforeAll
    static void start() {
        server = new TestStore();
        store = server.store();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void anObjectThatIsNotThereIsAnEmptyAnswer(@TempDir Path folder) {
        assertThat(store.get("none")).isEmpty();
        assertThat(store.open("none")).isEmpty();
        assertThat(store.exists("none")).isFalse();
        assertThat(store.download("none", folder.resolve("x"))).isFalse();
        assertThat(folder).isEmptyDirectory();
        assertThatThrownBy(() -> store.require("none", ErrorCode.UNKNOWN_SCAN))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_SCAN));
        store.delete("none");
    }

    @Test
    void keepsStreamsOfUnknownLengthInParts(@TempDir Path folder) throws IOException {
        byte[] bytes = new byte[21 << 20];
        new Random(1).nextBytes(bytes);

        store.put("big", new ByteArrayInputStream(bytes), -1);
        store.download("big", folder.resolve("sub/big"));

        assertThat(Arrays.equals(Files.readAllBytes(folder.resolve("sub/big")), bytes))
                .isTrue();
        assertThat(folder.resolve("sub")).isDirectoryContaining("glob:**/big").isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aFileThatCannotBeWrittenIsNotTheStoresFault(@TempDir Path folder) throws IOException {
        store.put("there", new byte[] {1});
        Path file = Files.writeString(folder.resolve("file"), "no folder");

        assertThatThrownBy(() -> store.download("there", file.resolve("copy")))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.DISK_FULL));
    }

    @Test
    void listsThousandsOfObjectsAndTheNamesBelowAPrefix() {
        for (int i = 0; i < 1_050; i++) {
            store.put("many/" + (i % 3) + "/" + i, new byte[] {1});
        }

        assertThat(store.list("many/")).hasSize(1_050).isSortedAccordingTo((a, b) -> a.key()
                .compareTo(b.key()));
        assertThat(store.children("many/")).containsExactly("0", "1", "2");
        assertThat(store.children("many/1/")).hasSize(350).contains("1", "4");
        assertThat(store.children("nothing/")).isEmpty();
    }

    @Test
    void refusesWrongCredentials() {
        assertThatThrownBy(() -> ObjectStore.open(server.config("wrong")))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining("127.0.0.1")
                .hasMessageNotContaining("wrong");
    }

    @Test
    void saysThatAStoreThatIsDownIsUnavailable() {
        try (TestStore other = new TestStore()) {
            other.stopServer();

            assertThatThrownBy(() -> other.store().get("x"))
                    .isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                            .isEqualTo(ErrorCode.STORE_UNAVAILABLE));
            assertThat(other.store().reachable()).isFalse();
        }
        assertThat(store.reachable()).isTrue();
    }

    @Test
    void aTicketOpensOnlyTheScanItWasMadeFor() {
        Scans scans = new Scans(store);
        ClaimTicket ticket = scans.put(ScanId.next(), "scan".getBytes(StandardCharsets.UTF_8));
        store.put("secret", new byte[] {1, 2, 3, 4});

        assertThat(scans.get(ticket, 10)).asString().isEqualTo("scan");
        assertCode(ErrorCode.TOO_LARGE, () -> scans.get(ticket, 3));
        assertCode(ErrorCode.INVALID_REQUEST, () -> scans.get(new ClaimTicket("secret", 4, ticket.sha256()), 10));
        assertCode(
                ErrorCode.INVALID_REQUEST, () -> scans.get(new ClaimTicket("scans/../secret", 4, ticket.sha256()), 10));
        assertCode(ErrorCode.INVALID_REQUEST, () -> scans.get(new ClaimTicket(ticket.key(), 4, "00".repeat(32)), 10));
        assertThat(scans.deleteBefore(Instant.now())).isZero();
        assertThat(scans.deleteBefore(Instant.now().plus(Duration.ofDays(2)))).isEqualTo(1);
        assertCode(ErrorCode.UNKNOWN_SCAN, () -> scans.get(ticket, 10));
    }

    @Test
    void ofAnObjectThatIsLargerThanItsTicketSaysNoMoreThanThatIsRead() {
        Scans scans = new Scans(store);
        ScanId id = ScanId.next();
        ClaimTicket ticket = scans.put(id, new byte[1 << 20]);

        assertThat(store.get(ticket.key(), 5))
                .hasValueSatisfying(read -> assertThat(read).hasSize(5));
        assertThatThrownBy(() -> scans.get(new ClaimTicket(ticket.key(), 4, ticket.sha256()), 10))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining("larger");
        scans.delete(id);
    }

    @Test
    void credentialsThatExpireAndABucketThatGoesAreAnOutage() {
        try (TestStore other = new TestStore()) {
            other.store().put("x", new byte[] {1});
            other.exchangeSecret("rotated");

            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().get("x"));
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().stat("x"));
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().put("y", new byte[] {1}));
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().list(""));

            other.exchangeSecret("test-secret");
            assertThat(other.store().get("x")).isPresent();

            other.deleteBucket();
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().get("x"));
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().stat("x"));
            assertCode(ErrorCode.STORE_UNAVAILABLE, () -> other.store().exists("x"));
        }
    }

    @Test
    void reservesEachDatasetVersionOnceAndKeepsItsFirstManifest() {
        Datasets datasets = new Datasets(store);
        DatasetVersion first = datasets.reserve("lung", JobId.next());
        DatasetVersion second = datasets.reserve("lung", JobId.next());

        assertThat(List.of(first.version(), second.version())).containsExactly(1, 2);
        assertThat(datasets.versions("lung")).containsExactly(first, second);
        assertThat(datasets.manifest(first)).isEmpty();
        Manifest manifest = new Manifest(first, List.of("a", "b"), List.of(), List.of(), Instant.EPOCH);
        assertThat(datasets.writeManifest(manifest)).isTrue();
        assertThat(datasets.writeManifest(new Manifest(first, List.of("c"), List.of(), List.of(), Instant.EPOCH)))
                .isFalse();
        assertThat(datasets.manifest(first)).contains(manifest);
    }

    @Test
    void neverUsesADeletedVersionsNumberAgainButDoesOneWhoseUploadBrokeOff() {
        Datasets datasets = new Datasets(store);
        DatasetVersion kept = datasets.reserve("skin", JobId.next());
        DatasetVersion deleted = datasets.reserve("skin", JobId.next());
        datasets.writeUpload(deleted, new ByteArrayInputStream(new byte[10]));
        datasets.delete(deleted);

        assertThat(datasets.versions("skin")).containsExactly(kept);
        assertThat(datasets.ingestJob(deleted)).isEmpty();
        assertThat(datasets.openUpload(deleted)).isEmpty();
        DatasetVersion broken = datasets.reserve("skin", JobId.next());
        assertThat(broken.version()).isEqualTo(3);
        datasets.release(broken);
        assertThat(datasets.reserve("skin", JobId.next())).isEqualTo(broken);
        assertThat(datasets.names()).contains("skin");
        datasets.delete(datasets.reserve("gone", JobId.next()));
        assertThat(datasets.names()).doesNotContain("gone");
    }

    @Test
    void keepsAScanFromAStreamAndDeletesIt() {
        Scans scans = new Scans(store);
        ScanId id = ScanId.next();
        byte[] bytes = new byte[300_000];
        new Random(2).nextBytes(bytes);

        ClaimTicket ticket = scans.put(id, new ByteArrayInputStream(bytes), -1);

        assertThat(ticket).isEqualTo(scans.put(id, bytes));
        assertThat(scans.get(ticket, 1 << 20)).isEqualTo(bytes);
        scans.delete(id);
        scans.delete(id);
        assertCode(ErrorCode.UNKNOWN_SCAN, () -> scans.get(ticket, 1 << 20));
    }

    @Test
    void anIdempotencyKeyStandsForTheFirstRequestThatUsedIt() {
        IdempotencyKeys keys = new IdempotencyKeys(store);
        UUID first = TimeOrderedId.next();

        IdempotencyKeys.Claim claim = keys.claim("scan", "k", "aa", first);

        assertThat(claim).isEqualTo(new IdempotencyKeys.Claim(first, "aa", false));
        assertThat(keys.claim("scan", "k", "aa", TimeOrderedId.next())).isEqualTo(claim);
        keys.done("scan", "k", claim);
        assertThat(keys.claim("scan", "k", "aa", TimeOrderedId.next()))
                .isEqualTo(new IdempotencyKeys.Claim(first, "aa", true));
        assertCode(ErrorCode.INVALID_REQUEST, () -> keys.claim("scan", "k", "bb", TimeOrderedId.next()));
        UUID other = TimeOrderedId.next();
        assertThat(keys.claim("training", "k", "aa", other).id()).isEqualTo(other);
        assertThat(keys.deleteBefore(Instant.now().minusSeconds(3600))).isZero();
        assertThat(keys.deleteBefore(Instant.now().plusSeconds(3600))).isEqualTo(2);
        assertThat(keys.claim("scan", "k", "cc", other).id()).isEqualTo(other);
    }

    @Test
    void keepsTheHistoryOfAJob() {
        Jobs jobs = new Jobs(store);
        JobId id = JobId.next();
        List<TrainingEvent.EpochCompleted> history = List.of(new TrainingEvent.EpochCompleted(
                id, 1, 2, 0.5, Map.of("validationAccuracy", 0.75), true, 100, 3, Instant.EPOCH));

        assertThat(jobs.history(id)).isEmpty();
        jobs.writeHistory(id, history);

        assertThat(jobs.history(id)).isEqualTo(history);
    }

    @Test
    void keepsABlobOnceAndChecksItsBytes() {
        Blobs blobs = new Blobs(store);
        String sha256 = blobs.put(new byte[] {1, 2, 3});

        assertThat(blobs.put(new byte[] {1, 2, 3})).isEqualTo(sha256);
        assertThat(blobs.get(sha256)).containsExactly(1, 2, 3);
        store.put("blobs/" + sha256, new byte[] {9});
        assertCode(ErrorCode.INVALID_DATASET, () -> blobs.get(sha256));
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }
}
