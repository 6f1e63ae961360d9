package io.scanstream.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.scanstream.access.Role;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.gateway.testing.CapturedLog;
import io.scanstream.gateway.testing.Fixtures;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.gateway.testing.ImpatientGateway;
import io.scanstream.gateway.testing.LocalIssuer;
import io.scanstream.gateway.testing.RawClient;
import io.scanstream.gateway.testing.SecuredGateway;
import io.scanstream.storage.Models;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow, that send much or often, or that write into what is not theirs. */
@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
@TestProfile(ImpatientGateway.class)
class HostileClientsTest {
    @Inject
    Models models;

    /** Each caller has a budget of its own: the tests share none. */
    private static String caller(String name) {
        return "Authorization: Bearer " + LocalIssuer.token(name, "trainer", "scorer", "admin");
    }

    private static RawClient client() {
        return new RawClient(RestAssured.port);
    }

    @Test
    void anUploadThatFallsSilentGivesItsPlaceBack() throws IOException {
        byte[] zip = Fixtures.zip();
        try (RawClient silent = client()) {
            silent.head(
                            "POST /api/v1/datasets/silent HTTP/1.1",
                            "Host: localhost",
                            caller("silent"),
                            "Content-Length: " + 1_000_000)
                    .bytes(zip);
            // The only place is taken now, or was given back already; in the end the connection is closed.
            assertThat(RawClient.status(silent.answer())).isIn(-1, 400, 408);
        }
        assertThat(given().header("X-API-Key", SecuredGateway.key(Role.TRAINER))
                        .body(zip)
                        .post("/api/v1/datasets/silent")
                        .statusCode())
                .isEqualTo(202);
    }

    @Test
    void ofWhomItDoesNotKnowItReadsNoBody() throws IOException {
        try (RawClient stranger = client()) {
            stranger.head("POST /api/v1/datasets/strange HTTP/1.1", "Host: localhost", "Content-Length: 4000000000");
            String answer = stranger.answer();
            assertThat(RawClient.status(answer)).isEqualTo(401);
            assertThat(answer.toLowerCase(Locale.ROOT)).contains("connection: close");
        }
    }

    @Test
    void whoChangesTooMuchIsToldWhenToComeAgainAndOthersAreNot() {
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < 2 * ImpatientGateway.WRITES_AT_ONCE; i++) {
            Response answer = given().header("Authorization", caller("eager").split(": ", -1)[1])
                    .body("{}")
                    .post("/api/v1/trainings");
            statuses.add(answer.statusCode());
            if (answer.statusCode() == 429) {
                assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(1, 100);
                assertThat(answer.jsonPath().getString("code")).isEqualTo("RATE_LIMITED");
            }
        }
        assertThat(statuses.subList(0, ImpatientGateway.WRITES_AT_ONCE)).containsOnly(400);
        assertThat(statuses.subList(ImpatientGateway.WRITES_AT_ONCE, statuses.size()))
                .contains(429);
        assertThat(given().header("Authorization", caller("another").split(": ", -1)[1])
                        .body("{}")
                        .post("/api/v1/trainings")
                        .statusCode())
                .isEqualTo(400);
        assertThat(given().header("Authorization", caller("eager").split(": ", -1)[1])
                        .get("/api/v1/trainings")
                        .statusCode())
                .as("looking is not counted")
                .isIn(200, 403);
    }

    @Test
    void whatIsSentBecomesNoHeader() throws IOException {
        Fixtures.publish(models, new ModelVersion("headers", "v1"));
        for (String[] head : List.of(
                new String[] {"GET /api/v1/models/a%0d%0aX-Injected:%201 HTTP/1.1"},
                new String[] {"GET /api/v1/models?x=%0d%0aX-Injected:%201 HTTP/1.1"},
                new String[] {"GET /api/v1/models HTTP/1.1", "traceparent: 00-a\nX-Injected: 1"},
                new String[] {
                    "POST /api/v1/scans?model=headers&version=v1 HTTP/1.1",
                    "Content-Length: 1",
                    "Idempotency-Key: a\rX-Injected: 1"
                },
                new String[] {
                    "POST /api/v1/scans?model=headers&version=v1%0d%0aX-Injected:%201 HTTP/1.1", "Content-Length: 1"
                },
                new String[] {
                    "POST /api/v1/scans?model=headers&version=v1 HTTP/1.1",
                    "Content-Length: 1",
                    "Prefer: wait=0\r\n X-Injected: 1"
                })) {
            String[] lines = Arrays.copyOf(head, head.length + 3);
            lines[head.length] = "Host: localhost";
            lines[head.length + 1] = "Connection: close";
            lines[head.length + 2] = caller("injector");
            try (RawClient client = client()) {
                String answer = client.head(lines).bytes(new byte[] {1}).answer();
                String headers = answer.split("\r\n\r\n", 2)[0];
                assertThat(headers).as(head[0]).doesNotContainIgnoringCase("x-injected");
                assertThat(RawClient.status(answer)).as(head[0]).isIn(200, 202, 400, 404);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "?subject=jane-doe", "x", "?", "api/v1/models?subject=jane-doe"})
    void aTargetThatIsNoPathIsRefusedAndNotLogged(String target) throws IOException {
        try (CapturedLog log = new CapturedLog();
                RawClient client = client()) {
            client.head("GET " + target + " HTTP/1.1", "Host: localhost", "Connection: close", caller("nowhere"));
            assertThat(RawClient.status(client.answer())).isEqualTo(400);
            assertThat(log.lines()).noneMatch(line -> line.contains("jane-doe"));
        }
    }

    @Test
    void aRequestHiddenInAnotherIsNotServed() throws IOException {
        String hidden = "GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + SecuredGateway.key(Role.ADMIN)
                + "\r\n\r\n";
        try (RawClient client = client()) {
            client.head(
                            "POST /api/v1/trainings HTTP/1.1",
                            "Host: localhost",
                            "Connection: close",
                            "Content-Length: 5",
                            "Transfer-Encoding: chunked",
                            caller("smuggler"))
                    .bytes(("0\r\n\r\n" + hidden).getBytes(StandardCharsets.ISO_8859_1));
            String answer = client.answer();
            assertThat(answer.split("HTTP/1\\.1 ", -1)).as(answer).hasSizeLessThanOrEqualTo(2);
        }
    }
}
