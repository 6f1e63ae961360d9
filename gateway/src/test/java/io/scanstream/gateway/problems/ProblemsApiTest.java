package io.scanstream.gateway.problems;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.gateway.testing.GatewayUnderTest;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class ProblemsApiTest {
    private static final List<String> PATHS = List.of(
            "datasets/%s",
            "datasets/%s/%s",
            "datasets/%s/%s/manifest",
            "datasets/%s/%s/rejected?offset=%s&limit=%s",
            "datasets/%s/%s/duplicates?limit=%s",
            "recipes/%s",
            "trainings",
            "trainings?status=%s&model=%s",
            "trainings/%s",
            "trainings/%s/cancel",
            "jobs/%s/events",
            "scans?model=%s&version=%s&deadline=%s&urgent=%s",
            "scans?model=%s&alias=%s",
            "scans/batch?model=%s",
            "scans/%s",
            "models/%s",
            "models/%s/%s",
            "models/%s/%s/report",
            "models/%s/%s/promote",
            "models/%s/rollback",
            "models/%s/history?alias=%s",
            "%s/%s");
    private static final List<String> ODD = List.of(
            "",
            " ",
            ".",
            "..",
            "../../etc/passwd",
            "..%2f..%2fjobs",
            "a/b",
            "a\\b",
            "%00",
            "\u0000",
            "ä",
            "\uD83D\uDE00",
            "a".repeat(70),
            "x".repeat(3000),
            "-1",
            "0",
            "99999999999999999999",
            "1e9",
            "NaN",
            "null",
            "true",
            "{}",
            "<script>alert(1)</script>",
            "' OR 1=1 --",
            "${jndi:ldap://x}",
            "lung",
            "1",
            "00000000-0000-0000-0000-000000000000",
            "01a1fa98-5144-7d5f-9b2e-ada27adf068f",
            "2026-99-99T00:00:00Z");
    private static final List<String> BODIES = List.of(
            "",
            "null",
            "[]",
            "{}",
            "{\"recipe\":{}}",
            "{\"recipe\":\"demo-cnn\",\"dataset\":{\"name\":\"\\u0000\"}}",
            "{\"recipe\":\"demo-cnn\",\"dataset\":null,\"overrides\":{\"\":1,\".\":2,\"a..b\":3}}",
            "{\"recipe\":{\"name\":{\"a\":[]}},\"dataset\":{\"name\":\"lung\",\"version\":-5}}",
            "{\"actor\":[\"x\"]}",
            "{\"actor\":\"\",\"alias\":\"../x\"}",
            "[".repeat(5000),
            "{\"a\":".repeat(2000),
            "\uFEFF{}",
            "PK\u0003\u0004",
            "\u001f\u008b",
            "--x\r\n");
    private static final List<String> TYPES = List.of(
            "application/json",
            "application/octet-stream",
            "multipart/form-data; boundary=x",
            "text/plain",
            "image/png",
            "x");
    private static final List<String> METHODS = List.of("GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD");

    @TestHTTPResource("/api/v1/")
    URI api;

    @ParameterizedTest
    @CsvSource({
        "GET,    /api/v1/nothing,        404",
        "GET,    /nothing,               404",
        "PUT,    /api/v1/datasets/lung,  405",
        "PATCH,  /api/v1/trainings,      405",
        "DELETE, /api/v1/scans,          405",
    })
    void whatTheFrameworkRefusesIsAProblemToo(String method, String path, int status) {
        ApiProblem problem = problem(given().request(method, path));

        assertThat(problem.status()).isEqualTo(status);
        assertThat(problem.type()).isEqualTo("about:blank");
        assertThat(problem.title()).isNotBlank();
    }

    @Test
    void refusedMediaTypesAreProblems() {
        assertThat(problem(given().accept("text/csv").get("/api/v1/recipes")).status())
                .isEqualTo(406);
        assertThat(problem(given().contentType("text/plain").body("x").post("/api/v1/scans/batch"))
                        .status())
                .isEqualTo(415);
    }

    @Test
    void overHttp2NoHeaderIsOfTheConnection() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(api + "scans/batch"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpResponse<String> response = HttpClient.newBuilder()
                    .version(version)
                    .build()
                    .send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(415);
            assertThat(response.version()).isEqualTo(version);
            assertThat(response.headers().firstValue("Connection").isPresent())
                    .isEqualTo(version == HttpClient.Version.HTTP_1_1);
        }
    }

    /** Whatever comes, the answer is one that is meant, tells no stack trace, and comes from a server that lives on. */
    @Test
    void oddInputsAreAnsweredWithProblemsAndNeverWithADefect() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        HttpClient client = HttpClient.newHttpClient();
        for (int i = 0; i < Integer.getInteger("scanstream.fuzz", 600); i++) {
            String path = pick(PATHS, random);
            while (path.contains("%s")) {
                String odd = pick(ODD, random);
                path = path.replaceFirst(
                        "%s",
                        java.util.regex.Matcher.quoteReplacement(
                                URLEncoder.encode(odd, StandardCharsets.UTF_8).replace("+", "%20")));
            }
            String method = pick(METHODS, random);
            String body = pick(BODIES, random);
            HttpRequest request = HttpRequest.newBuilder(URI.create(api + path))
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", pick(TYPES, random))
                    .header("Idempotency-Key", pick(List.of("k", "k k", "\t", "x".repeat(300)), random))
                    .header("Prefer", pick(List.of("wait=0", "wait=", "wait=x", ";;,"), random))
                    .method(method, HttpRequest.BodyPublishers.ofString(body, StandardCharsets.ISO_8859_1))
                    .build();
            String about = "seed " + seed + ", request " + i + ": " + method + " " + path;
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(about + " " + response.body()).isLessThan(500);
            if (response.statusCode() >= 400 && !method.equals("HEAD")) {
                assertMeant(about, response);
            }
        }
    }

    private static void assertMeant(String about, HttpResponse<String> response) {
        if (response.body().isEmpty()) {
            fail(about + ": " + response.statusCode() + " without a body");
        }
        ApiProblem problem = Json.read(response.body().getBytes(StandardCharsets.UTF_8), ApiProblem.class);
        assertThat(problem.status()).as(about).isEqualTo(response.statusCode());
        assertThat(problem.detail()).as(about).isNotBlank();
        assertThat(response.body())
                .as(about)
                .doesNotContain("\tat ")
                .doesNotContain("java.lang")
                .doesNotContain("io.scanstream");
        assertThat(response.headers().firstValue("Content-Type")).as(about).contains(ApiProblem.MEDIA_TYPE);
    }

    private static ApiProblem problem(Response response) {
        assertThat(response.contentType()).isEqualTo(ApiProblem.MEDIA_TYPE);
        return Json.read(response.asByteArray(), ApiProblem.class);
    }

    private static <T> T pick(List<T> from, Random random) {
        return from.get(random.nextInt(from.size()));
    }
}
