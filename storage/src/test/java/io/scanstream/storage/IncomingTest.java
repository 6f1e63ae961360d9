package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ClaimTicket;
import io.scanstream.contracts.scoring.ScanId;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IncomingTest {
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
    void listsAPrefixInPagesAndSaysTheSameOfAnObjectAsALookAtItAlone() {
        List<String> keys = new ArrayList<>();
        for (String name : List.of("a b.png", "a+b.png", "sub/c.png", "z.png", "ü%20.png")) {
            keys.add("pages/tiny/" + name);
            put("pages/tiny/" + name, name);
        }
        put("pages2/other.png", "other");
        Incoming incoming = new Incoming(store, List.of("pages/"));

        List<ObjectStore.Listed> all = new ArrayList<>();
        List<ObjectStore.Listed> page = incoming.page("pages/", "", 2);
        while (!page.isEmpty()) {
            assertThat(page).hasSizeLessThanOrEqualTo(2);
            all.addAll(page);
            page = incoming.page("pages/", all.get(all.size() - 1).key(), 2);
        }

        assertThat(all).extracting(ObjectStore.Listed::key).containsExactlyElementsOf(keys);
        for (ObjectStore.Listed listed : all) {
            ObjectStore.Listed alone = incoming.find(listed.key()).orElseThrow();
            assertThat(listed.etag()).isNotEmpty().isEqualTo(alone.etag());
            assertThat(listed.sizeBytes()).isEqualTo(alone.sizeBytes());
            assertThat(listed.lastModified().truncatedTo(ChronoUnit.SECONDS)).isEqualTo(alone.lastModified());
        }
        assertThat(incoming.find("pages/nothing")).isEmpty();
    }

    @Test
    void opensATicketOnlyWhileTheObjectIsTheOneThatItNames() {
        put("incoming/tiny/1.png", "first");
        put("secret/1.png", "first");
        Incoming incoming = new Incoming(store, List.of("incoming/"));
        ClaimTicket ticket = ticket("incoming/tiny/1.png", incoming);

        assertThat(incoming.get(ticket, 10)).asString().isEqualTo("first");
        assertCode(ErrorCode.TOO_LARGE, () -> incoming.get(ticket, 4));
        assertCode(ErrorCode.INVALID_REQUEST, () -> incoming.get(ticket("secret/1.png", incoming), 10));
        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> incoming.get(new ClaimTicket(ticket.key(), 5, null, ticket.etag(), "another"), 10));
        assertCode(
                ErrorCode.INVALID_REQUEST, () -> incoming.get(new ClaimTicket(ticket.key(), 5, "00".repeat(32)), 10));

        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> incoming.get(new ClaimTicket(ticket.key(), 4, null, ticket.etag(), ticket.bucket()), 4));

        put("incoming/tiny/1.png", "second");
        assertCode(ErrorCode.SUPERSEDED, () -> incoming.get(ticket, 10));

        store.delete("incoming/tiny/1.png");
        assertCode(ErrorCode.UNKNOWN_SCAN, () -> incoming.get(ticket, 10));
    }

    @Test
    void anOutageIsToldWithoutTheNameOfTheObject() {
        try (TestStore away = new TestStore()) {
            Incoming incoming = new Incoming(away.store(), List.of("incoming/"));
            away.stopServer();
            String key = "incoming/jane-doe.png";
            for (Runnable call : List.<Runnable>of(
                    () -> incoming.find(key),
                    () -> incoming.get(new ClaimTicket(key, 5, null, "abc", incoming.bucket()), 10))) {
                assertThatThrownBy(call::run)
                        .isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                                .isEqualTo(ErrorCode.STORE_UNAVAILABLE))
                        .hasMessageNotContaining("jane-doe");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data/",
                "file:///etc/passwd",
                "jobs/1/private/gallery.html",
                "incoming/../jobs/1",
                "incoming/./x",
                "incoming/x/..",
                "../incoming/x",
                "/incoming/x",
                ""
            })
    void aTicketThatPointsElsewhereOpensNothing(String key) {
        Incoming incoming = new Incoming(server.store(), List.of("incoming/"));
        assertCode(
                ErrorCode.INVALID_REQUEST,
                () -> incoming.get(new ClaimTicket(key, 5, null, "abc", incoming.bucket()), 10));
        assertCode(ErrorCode.INVALID_REQUEST, () -> new Scans(server.store())
                .get(new ClaimTicket(key, 5, "0".repeat(64)), 10));
    }

    @Test
    void aTicketsEntityTagIsNoPlaceForAHeaderNorItsSizeForANegativeNumber() {
        Incoming incoming = new Incoming(server.store(), List.of("incoming/"));
        for (String etag : List.of("", "a\r\nX-Injected: 1", "a\"b", "\u00e9", "x".repeat(300))) {
            assertCode(
                    ErrorCode.INVALID_REQUEST,
                    () -> incoming.get(new ClaimTicket("incoming/x", 5, null, etag, incoming.bucket()), 10));
        }
        for (long size : new long[] {-1, Long.MIN_VALUE}) {
            assertCode(
                    ErrorCode.INVALID_REQUEST,
                    () -> incoming.get(new ClaimTicket("incoming/x", size, null, "a", incoming.bucket()), 10));
            assertCode(ErrorCode.INVALID_REQUEST, () -> new Scans(server.store())
                    .get(
                            new ClaimTicket(
                                    "scans/2026-11-20/0198c0de-0000-7000-8000-000000000000", size, "0".repeat(64)),
                            10));
        }
    }

    @Test
    void aForeignBucketIsNeitherMadeNorWrittenTo() {
        StoreConfig mine = server.config("test-secret");
        StoreConfig absent =
                new StoreConfig(mine.endpoint(), mine.accessKey(), mine.secretKey(), "not-there", mine.region());

        assertCode(ErrorCode.INVALID_REQUEST, () -> ObjectStore.openForeign(absent));
        assertCode(ErrorCode.INVALID_REQUEST, () -> ObjectStore.openForeign(absent));
        int before = store.list("probe/").size();
        try (ObjectStore foreign = ObjectStore.openForeign(mine)) {
            assertThat(foreign.bucket()).isEqualTo("scanstream");
        }
        assertThat(store.list("probe/")).hasSize(before);
        assertCode(
                ErrorCode.STORE_UNAVAILABLE,
                () -> ObjectStore.openForeign(new StoreConfig(
                        URI.create("http://127.0.0.1:1"), mine.accessKey(), mine.secretKey(), "other", mine.region())));
    }

    @Test
    void keepsMarksInFilesOfManyUntilTheyAreDeleted() {
        ArrivalMarks marks = new ArrivalMarks(store, "incoming/");
        ArrivalMarks urgent = new ArrivalMarks(store, "incoming/urgent/");
        List<ScanId> ids =
                IntStream.range(0, 100_001).mapToObj(i -> ScanId.next()).toList();

        List<String> files = marks.add(ids);
        urgent.add(ids.subList(0, 1));

        assertThat(files).hasSize(2);
        assertThat(marks.add(List.of())).isEmpty();
        assertThat(marks.files()).containsExactlyInAnyOrderElementsOf(files);
        assertThat(marks.read(files.get(0))).isEqualTo(ids.subList(0, 100_000));
        assertThat(marks.read(files.get(1))).isEqualTo(ids.subList(100_000, 100_001));

        marks.delete(files.get(0));

        assertThat(marks.read(files.get(0))).isEmpty();
        assertThat(marks.files()).containsExactly(files.get(1));
        assertThat(urgent.files()).hasSize(1);
    }

    private static ClaimTicket ticket(String key, Incoming incoming) {
        ObjectStore.Listed found = incoming.find(key).orElseThrow();
        return new ClaimTicket(key, found.sizeBytes(), null, found.etag(), incoming.bucket());
    }

    private static void put(String key, String text) {
        store.put(key, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                .isEqualTo(code));
    }
}
