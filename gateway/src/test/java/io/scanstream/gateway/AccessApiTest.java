package io.scanstream.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.scanstream.access.AccessRule;
import io.scanstream.access.Caller;
import io.scanstream.access.Role;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.gateway.testing.GatewayUnderTest;
import io.scanstream.gateway.testing.LocalIssuer;
import io.scanstream.gateway.testing.RawClient;
import io.scanstream.gateway.testing.SecuredGateway;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each role at each address that the OpenAPI document has. */
@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
@TestProfile(SecuredGateway.class)
class AccessApiTest {
    private static final Map<String, String> VALUES = Map.of(
            "name", "no-such-name",
            "version", "7",
            "id", "0198c0de-0000-7000-8000-000000000000",
            "sha256", "00");

    @BeforeEach
    void leavePathsAsTheyAre() {
        RestAssured.urlEncodingEnabled = false;
    }

    /** Method and path template of everything in the document. */
    private static Set<String> documented() {
        Map<String, Map<String, Object>> paths =
                given().get("/q/openapi?format=json").jsonPath().getMap("paths");
        Set<String> addresses = new TreeSet<>();
        paths.forEach((path, methods) -> methods.keySet().stream()
                .filter(key -> Set.of("get", "post", "put", "delete", "patch").contains(key))
                .forEach(method -> addresses.add(method.toUpperCase(Locale.ROOT) + " " + path)));
        return addresses;
    }

    @Test
    void everyAddressHasARuleAndEveryRuleAnAddress() {
        Set<String> ruled = new TreeSet<>();
        GatewayAccess.RULES.all().stream()
                .filter(rule -> rule.path().startsWith("/api/"))
                .forEach(rule -> ruled.add(rule.method() + " " + rule.path()));

        assertThat(ruled).isNotEmpty().isEqualTo(documented());
    }

    @Test
    void theDescriptionSaysHow() {
        var document = given().get("/q/openapi?format=json").jsonPath();
        assertThat(document.getString("components.securitySchemes.key.name")).isEqualTo("X-API-Key");
        assertThat(document.getString("components.securitySchemes.token.scheme"))
                .isEqualTo("bearer");
        assertThat(document.getList("security")).hasSize(2);
    }

    @Test
    void nobodyPassesWithoutShowingWhoTheyAre() {
        for (String address : documented()) {
            Response answer = send(given(), address);
            refused(answer, address, 401, "UNAUTHENTICATED");
            assertThat(answer.header("WWW-Authenticate")).contains("ApiKey", "Bearer");
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachRolePassesWhereItsRuleSaysAndNowhereElse(Role role) {
        int passed = 0;
        for (AccessRule rule : GatewayAccess.RULES.all()) {
            if (rule.open() || rule.path().contains("**")) {
                continue;
            }
            String address = rule.method() + " " + rule.path();
            // Two callers, by turns: one with a key, one with a token.
            RequestSpecification asked = given().header(
                            "Authorization",
                            passed++ % 2 == 0
                                    ? "ApiKey " + SecuredGateway.key(role)
                                    : "Bearer " + LocalIssuer.token("ada", role.text()));
            if (rule.path().endsWith("/events")
                    && allows(rule, role)
                    && !rule.path().contains("{")) {
                continue; // It would never end; the streams have tests of their own.
            }
            Response answer = send(asked, address);
            if (allows(rule, role)) {
                assertThat(answer.statusCode())
                        .as(address)
                        .isNotIn(401, 403, 405)
                        .isLessThan(500);
                assertThat(answer.body().asString()).as(address).doesNotContain("Nothing is at");
            } else {
                refused(answer, address, 403, "FORBIDDEN");
            }
        }
    }

    private static boolean allows(AccessRule rule, Role role) {
        return rule.allows(new Caller("key:test", Set.of(role)));
    }

    private static Response send(RequestSpecification request, String address) {
        String[] parts = address.split(" ", -1);
        String path = parts[1];
        for (Map.Entry<String, String> value : VALUES.entrySet()) {
            path = path.replace("{" + value.getKey() + "}", value.getValue());
        }
        assertThat(path).doesNotContain("{");
        return request.request(parts[0], path);
    }

    private static void refused(Response answer, String address, int status, String code) {
        assertThat(answer.statusCode()).as(address).isEqualTo(status);
        assertThat(answer.contentType()).as(address).startsWith(ApiProblem.MEDIA_TYPE);
        assertThat(answer.jsonPath().getString("code")).as(address).isEqualTo(code);
    }

    @Test
    void probesAndTheDescriptionAreOpenAndFiguresAreNot() {
        assertThat(given().get("/q/health/live").statusCode()).isEqualTo(200);
        assertThat(given().get("/q/health/ready").statusCode()).isIn(200, 503);
        assertThat(given().get("/q/openapi").statusCode()).isEqualTo(200);
        assertThat(given().get("/q/swagger-ui/").statusCode()).isEqualTo(200);
        assertThat(given().get("/q/metrics").statusCode()).isEqualTo(401);
        assertThat(given().header("X-API-Key", SecuredGateway.key(Role.SCORER))
                        .get("/q/metrics")
                        .statusCode())
                .isEqualTo(403);
        assertThat(given().header("X-API-Key", SecuredGateway.key(Role.READER))
                        .get("/q/metrics")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatHasNoRuleIsNowhereEvenForAdministrators() {
        for (String path : new String[] {"/", "/q/dev-ui", "/q", "/api/v1", "/api/v2/scans", "/api/v1/nothing"}) {
            assertThat(given().get(path).statusCode()).as(path).isEqualTo(401);
            assertThat(admin().get(path).statusCode()).as(path).isEqualTo(404);
        }
        Response answer = admin().patch("/api/v1/models");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.header("Allow")).isEqualTo("GET");
        assertThat(admin().request("TRACE", "/api/v1/models").statusCode()).isEqualTo(405);
        assertThat(admin().head("/api/v1/models").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1//models",
                "/api//v1/models",
                "//api/v1/models",
                "/api/v1/models;x=1",
                "/api;x=1/v1/models",
                "/api/v1/%6dodels",
                "/api/v1/models%2f",
                "/q/health/../../api/v1/models",
                "/q/health/..%2f..%2fapi/v1/models",
                "/q/health/%2e%2e/%2e%2e/api/v1/models",
                "/q/openapi/../../api/v1/models",
                "/q/swagger-ui/..;/..;/api/v1/models",
                "/api/v1/./models",
                "/api/v1/models%00",
                "/api/v1/models\\..\\x",
                "/API/V1/MODELS"
            })
    void noOtherWayOfWritingAPathGetsAround(String path) throws IOException {
        assertThat(status(path, "X-Nothing: x")).isIn(400, 401, 404);
        assertThat(status(path, "X-API-Key: " + SecuredGateway.key(Role.SCORER)))
                .isIn(400, 403, 404);
    }

    private static int status(String path, String header) throws IOException {
        try (RawClient client = new RawClient(RestAssured.port)) {
            client.head("GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close", header);
            return RawClient.status(client.answer());
        }
    }

    @Test
    void aMethodInAHeaderCountsForNothing() {
        for (String header : new String[] {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}) {
            Response answer = given().header("X-API-Key", SecuredGateway.key(Role.READER))
                    .header(header, "DELETE")
                    .get("/api/v1/scans/0198c0de-0000-7000-8000-000000000000");
            assertThat(answer.statusCode()).as(header).isIn(404, 410);
        }
    }

    @Test
    void wrongKeysAreRefused() {
        String key = SecuredGateway.key(Role.ADMIN);
        for (String wrong :
                new String[] {"", " ", "x", key.substring(1), key + "0", key.toUpperCase(Locale.ROOT), "k".repeat(5000)
                }) {
            refused(given().header("X-API-Key", wrong).get("/api/v1/models"), wrong, 401, "UNAUTHENTICATED");
            refused(
                    given().header("Authorization", "ApiKey " + wrong).get("/api/v1/models"),
                    wrong,
                    401,
                    "UNAUTHENTICATED");
        }
        refused(given().header("Authorization", key).get("/api/v1/models"), "bare", 401, "UNAUTHENTICATED");
        refused(
                given().header("Authorization", "Bearer " + key).get("/api/v1/models"),
                "token",
                401,
                "UNAUTHENTICATED");
        refused(given().auth().preemptive().basic("admin", key).get("/api/v1/models"), "basic", 401, "UNAUTHENTICATED");
        refused(given().queryParam("api_key", key).get("/api/v1/models"), "query", 401, "UNAUTHENTICATED");
    }

    @Test
    void expiredAndForgedTokensAreRefused() {
        Map<String, String> tokens = Map.of(
                "expired", LocalIssuer.expired("eve", "admin"),
                "by another", LocalIssuer.signedByAnother("eve", "admin"),
                "with an address of its key", LocalIssuer.withKeyAddress("eve", "admin"),
                "unsigned", LocalIssuer.unsigned("eve", "admin"),
                "with the public key", LocalIssuer.signedWithPublicKey("eve", "admin"),
                "tampered with", LocalIssuer.tampered("eve", "admin"),
                "for another audience", LocalIssuer.with("aud", "somebody", "eve", "admin"),
                "of another issuer", LocalIssuer.with("iss", "http://127.0.0.1:1/else", "eve", "admin"),
                "not valid yet", LocalIssuer.with("nbf", Long.MAX_VALUE / 1000, "eve", "admin"),
                "no token", "a.b.c");
        tokens.forEach((what, token) -> refused(bearer(token).get("/api/v1/models"), what, 401, "UNAUTHENTICATED"));
        assertThat(LocalIssuer.baitTaken())
                .as("requests for a key where a forged token says it is")
                .isZero();
        assertThat(bearer(LocalIssuer.token("ada", "admin"))
                        .get("/api/v1/models")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aUserWithoutARoleOfOursMayNothing() {
        refused(bearer(LocalIssuer.token("ada")).get("/api/v1/models"), "none", 403, "FORBIDDEN");
        refused(bearer(LocalIssuer.token("ada", "ADMIN", "root")).get("/api/v1/models"), "others", 403, "FORBIDDEN");
    }

    private static RequestSpecification admin() {
        return given().header("X-API-Key", SecuredGateway.key(Role.ADMIN));
    }

    private static RequestSpecification bearer(String token) {
        return given().header("Authorization", "Bearer " + token);
    }
}
