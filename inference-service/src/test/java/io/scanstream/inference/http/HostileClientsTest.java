package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.http.RawClient.Answer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that announce, send, wait and leave otherwise than one would wish. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class HostileClientsTest {
    private static final byte[] RED = TinyModel.png(200, 150, 30, 24, 24);
    private static final String SCORE = "POST /v1/models/tiny/score HTTP/1.1";
    private static final String INFER = "POST /v2/models/tiny/infer HTTP/1.1";
    private static final String HOST = "Host: localhost";
    private static final String IMAGE = "Content-Type: image/png";

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @AfterEach
    void leavesNothingBehind() {
        EdgeTests.awaitEmpty();
    }

    private static RawClient client() throws IOException {
        return new RawClient(RestAssured.port);
    }

    private static String length(long bytes) {
        return "Content-Length: " + bytes;
    }

    @Test
    void takesABodyOfUnknownLengthUpToTheLimit() throws IOException {
        try (RawClient client = client()) {
            client.head(SCORE, HOST, IMAGE, "Transfer-Encoding: chunked");
            for (byte value : RED) {
                client.chunk(new byte[] {value});
            }
            assertThat(client.text("0\r\n\r\n").answer().status()).isEqualTo(200);

            client.head(SCORE, HOST, IMAGE, "Transfer-Encoding: chunked");
            for (int sent = 0; sent <= ClusterResource.MOST_BYTES; sent += 10_000) {
                client.chunk(new byte[10_000]);
            }
            refused(client.answer(), 413, "TOO_LARGE");
        }
    }

    @Test
    void refusesWhatIsAnnouncedTooLargeBeforeItIsSent() throws IOException {
        for (long bytes : new long[] {ClusterResource.MOST_BYTES + 1, 5_000_000_000L, Long.MAX_VALUE}) {
            try (RawClient client = client()) {
                refused(client.head(SCORE, HOST, IMAGE, length(bytes)).answer(), bytes);
            }
        }
    }

    private static void refused(Answer answer, long bytes) {
        assertThat(answer.status()).as("Content-Length " + bytes).isIn(400, 413);
        assertThat(answer.headers()).containsEntry("content-type", ApiProblem.MEDIA_TYPE);
    }

    @Test
    void asksForTheBodyOfAClientThatWaitsToBeAsked() throws IOException {
        try (RawClient client = client()) {
            client.head(SCORE, HOST, IMAGE, length(RED.length), "Expect: 100-continue");
            assertThat(client.answer().status()).isEqualTo(100);
            assertThat(client.bytes(RED).answer().status()).isEqualTo(200);

            client.head(SCORE, HOST, IMAGE, length(ClusterResource.MOST_BYTES + 1), "Expect: 100-continue");
            refused(client.answer(), 413, "TOO_LARGE");
        }
    }

    /** An answer that comes before the body is read leaves nothing of it in the way of what the connection brings next. */
    @Test
    void overHttp2TheBodiesOfRefusedRequestsHoldUpNoOther() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        byte[] unread = new byte[ClusterResource.MOST_BYTES / 2];
        for (int i = 0; i < 20; i++) {
            HttpResponse<String> refused = overHttp2(client, "/v1/models/nobody/score", unread);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(404);
        }
        HttpResponse<String> read = overHttp2(HttpClient.newHttpClient(), "/v1/models/tiny/score", unread);
        assertThat(read.statusCode()).as(read.body()).isEqualTo(422);
        HttpResponse<String> scored = overHttp2(client, "/v1/models/tiny/score", RED);
        assertThat(scored.statusCode()).as(scored.body()).isEqualTo(200);
    }

    @Test
    void overHttp2AClientThatSendsOnAfterItsAnswerIsToldToStop() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            HttpClientRequest endless = vertx.createHttpClient(new HttpClientOptions()
                            .setProtocolVersion(HttpVersion.HTTP_2)
                            .setHttp2ClearTextUpgrade(false))
                    .request(HttpMethod.POST, RestAssured.port, "localhost", "/v1/models/nobody/score")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS);
            CompletableFuture<Throwable> told = new CompletableFuture<>();
            endless.exceptionHandler(told::complete);
            var unused = endless.setChunked(true).write(Buffer.buffer(new byte[10_000]));
            HttpClientResponse refused =
                    endless.response().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertThat(refused.statusCode()).isEqualTo(404);
            assertThat(told.get(20, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(StreamResetException.class, reset -> assertThat(reset.getCode())
                            .isZero());
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }

    private static HttpResponse<String> overHttp2(HttpClient client, String path, byte[] body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + path))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "image/png")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return response;
    }

    @Test
    void severalRequestsOfAConnectionAreAnsweredInOrder() throws IOException {
        try (RawClient client = client()) {
            for (int i = 0; i < 3; i++) {
                client.head(SCORE, HOST, IMAGE, length(RED.length)).bytes(RED);
                client.head(SCORE, HOST, IMAGE, length(2)).text("no");
            }
            for (int i = 0; i < 3; i++) {
                assertThat(client.answer().status()).isEqualTo(200);
                assertThat(client.answer().status()).isEqualTo(422);
            }
        }
    }

    @Test
    void aFullHouseRefusesAndClientsThatLeaveMakeRoom() throws IOException {
        double abandoned = EdgeTests.metric("scanstream_http_abandoned_total");
        List<RawClient> slow = new ArrayList<>();
        int fitting = ClusterResource.REQUEST_BYTES / ClusterResource.MOST_BYTES;
        try {
            for (int i = 0; i < fitting; i++) {
                RawClient client = client();
                slow.add(client);
                client.head(SCORE, HOST, IMAGE, length(ClusterResource.MOST_BYTES))
                        .bytes(new byte[100]);
            }
            Awaitility.await()
                    .until(() ->
                            EdgeTests.metric("scanstream_http_bytes") == (double) fitting * ClusterResource.MOST_BYTES);
            try (RawClient late = client()) {
                Answer answer = late.head(SCORE, HOST, IMAGE, length(RED.length))
                        .bytes(RED)
                        .answer();
                refused(answer, 503, "OVERLOADED");
                assertThat(answer.headers()).containsEntry("retry-after", "1");
            }
            try (RawClient late = client()) {
                Answer answer = late.head(INFER, HOST, length(2)).text("{}").answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.body()).startsWith("{\"error\":");
                assertThat(answer.headers()).containsEntry("retry-after", "1");
            }
        } finally {
            for (RawClient client : slow) {
                client.close();
            }
        }
        EdgeTests.awaitEmpty();
        // Not by their silence.
        assertThat(EdgeTests.metric("scanstream_http_abandoned_total") - abandoned)
                .isEqualTo(fitting);
    }

    @Test
    void aFormThatBreaksOffMakesRoom() throws IOException {
        double abandoned = EdgeTests.metric("scanstream_http_abandoned_total");
        try (RawClient client = client()) {
            client.head(
                    SCORE, HOST, "Content-Type: multipart/form-data; boundary=x", length(ClusterResource.MOST_BYTES));
            client.text("--x\r\nContent-Disposition: form-data; name=a; filename=a.png\r\n\r\n");
            client.bytes(RED).text("\r\n--x\r\nContent-Disposition: form-data; name=b; filename=b.png\r\n\r\nhalf");
            Awaitility.await().until(() -> EdgeTests.metric("scanstream_http_images") == 2);
        }
        EdgeTests.awaitEmpty();
        assertThat(EdgeTests.metric("scanstream_http_abandoned_total") - abandoned)
                .isEqualTo(1);
    }

    @Test
    void doesNotWaitForeverForABody() throws IOException {
        try (RawClient client = client()) {
            Answer answer = client.head(SCORE, HOST, IMAGE, length(RED.length))
                    .bytes(Arrays.copyOf(RED, 10))
                    .answer();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.headers()).containsEntry("content-type", ApiProblem.MEDIA_TYPE);
        }
        try (RawClient client = client()) {
            Answer answer = client.head(INFER, HOST, length(20)).text("{").answer();
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.body()).startsWith("{\"error\":");
        }
    }

    @Test
    void aDeadlineThatPassesIsAnAnswer() throws IOException {
        try (RawClient client = client()) {
            // It could not be scored in time: the rest of it never comes.
            client.head(SCORE, HOST, IMAGE, length(RED.length), Demand.DEADLINE + ": 100");
            refused(client.bytes(Arrays.copyOf(RED, 10)).answer(), 504, "DEADLINE_EXPIRED");
        }
        try (RawClient client = client()) {
            client.head(INFER, HOST, length(20), Demand.DEADLINE + ": 100");
            Answer answer = client.text("{").answer();
            assertThat(answer.status()).isEqualTo(504);
            assertThat(answer.body()).startsWith("{\"error\":");
        }
    }

    @Test
    void whoLeavesOrRunsOutOfTimeWhileScansAreScoredLeavesNoRoomTaken() throws IOException {
        int batch = ClusterResource.REQUEST_IMAGES;
        String json =
                "{\"inputs\":[{\"name\":\"scan\",\"datatype\":\"UINT8\",\"shape\":[%d,16,16,3],\"parameters\":{\"binary_data_size\":%d}}]}"
                        .formatted(batch, batch * 768);
        String[] head = {
            INFER,
            HOST,
            length(json.length() + batch * 768L),
            "Inference-Header-Content-Length: " + json.length(),
            Demand.DEADLINE + ": 5"
        };
        for (int i = 0; i < 20; i++) {
            try (RawClient client = client()) {
                client.head(head).text(json).bytes(new byte[batch * 768]);
                if (i % 2 == 0) {
                    assertThat(client.answer().status()).isIn(200, 504, 503);
                }
            }
        }
        EdgeTests.awaitEmpty();
        try (RawClient client = client()) {
            assertThat(client.head(SCORE, HOST, IMAGE, length(RED.length))
                            .bytes(RED)
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void whatIsNoMediaTypeIsNoDefect() throws IOException {
        for (String odd : List.of("no media type", "{}", "%ff%fe", "a/b/c;;;")) {
            try (RawClient client = client()) {
                Answer answer = client.head(SCORE, HOST, "Content-Type: " + odd, length(RED.length))
                        .bytes(RED)
                        .answer();
                assertThat(answer.status()).as(odd).isEqualTo(415);
            }
        }
    }

    @Test
    void manyWaitingRequestsNeedNoThreadsOfTheirOwn() throws IOException {
        List<RawClient> waiting = new ArrayList<>();
        try {
            int before = Thread.activeCount();
            for (int i = 0; i < ClusterResource.REQUEST_IMAGES; i++) {
                RawClient client = client();
                waiting.add(client);
                client.head(SCORE, HOST, IMAGE, length(RED.length)).bytes(Arrays.copyOf(RED, 10));
            }
            Awaitility.await()
                    .until(() -> EdgeTests.metric("scanstream_http_images") == ClusterResource.REQUEST_IMAGES);
            assertThat(Thread.activeCount() - before).isLessThan(ClusterResource.REQUEST_IMAGES / 2);
            for (RawClient client : waiting) {
                client.bytes(Arrays.copyOfRange(RED, 10, RED.length));
            }
            for (RawClient client : waiting) {
                assertThat(client.answer().status()).isEqualTo(200);
            }
        } finally {
            for (RawClient client : waiting) {
                client.close();
            }
        }
    }

    private static void refused(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
        assertThat(answer.headers()).containsEntry("connection", "close");
    }
}
