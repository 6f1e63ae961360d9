package io.scanstream.inference.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.closeTo;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.TinyModel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class HttpEdgeTest {
    private static final byte[] RED = TinyModel.png(200, 150, 30, 24, 24);

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @Test
    void scoresAnImage() {
        image(RED)
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200)
                .body("model", equalTo("tiny"))
                .body("version", equalTo(ClusterResource.CHAMPION))
                .body("decision", equalTo("benign"))
                .body("probabilities.benign", closeTo(TinyModel.probabilities(200, 150, 30)[0], 1e-6))
                .body("threshold", nullValue())
                .body("$", not(hasKey("novelty")))
                .body("$", not(hasKey("regions")));
    }

    @Test
    void aSegmenterSaysWhereItsClassesAre() {
        image(RED)
                .post("/v1/models/outlines/score")
                .then()
                .statusCode(200)
                .body("decision", equalTo("benign"))
                .body("regions.shares.benign", closeTo(1, 0))
                .body("regions.widthPx", equalTo(TinyModel.SIDE))
                .body("regions.heightPx", equalTo(TinyModel.SIDE))
                .body("regions.mask", startsWith("iVBORw0KGgo"));
    }

    @Test
    void scoresWithTheVersionThatIsAskedFor() {
        image(RED)
                .queryParam("version", ClusterResource.OTHER)
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200)
                .body("version", equalTo(ClusterResource.OTHER))
                .body("decision", equalTo("cancer"))
                .body("threshold", closeTo(0.01, 1e-9))
                .body("refer", equalTo(false))
                .body("novelty.distance", closeTo(20, 1e-4))
                .body("novelty.threshold", closeTo(15, 1e-9))
                .body("novelty.flagged", equalTo(true));
    }

    @Test
    void saysWhereAClassIsSeenAsAPictureOrInFigures() {
        byte[] picture = image(RED)
                .queryParam("version", ClusterResource.OTHER)
                .post("/v1/models/tiny/heatmap")
                .then()
                .statusCode(200)
                .contentType("image/png")
                .header(HeatmapResource.VERSION, ClusterResource.OTHER)
                .header(HeatmapResource.LABEL, "cancer")
                .extract()
                .asByteArray();
        assertThat(new ImageDecoder(DecodeLimits.defaults()).decode(picture).widthPx())
                .isEqualTo(448);
        image(RED)
                .accept("application/json")
                .queryParam("label", "normal")
                .post("/v1/models/tiny/heatmap")
                .then()
                .statusCode(200)
                .body("version", equalTo(ClusterResource.CHAMPION))
                .body("label", equalTo("normal"))
                .body("method", equalTo("OCCLUSION"))
                .body("evidence.size()", equalTo(12))
                .body("evidence[11].size()", equalTo(12));
        problem(image(RED), "/v1/models/tiny/heatmap?label=cat", 400, "INVALID_REQUEST");
        problem(image("no image".getBytes(StandardCharsets.UTF_8)), "/v1/models/tiny/heatmap", 422, "NOT_AN_IMAGE");
        problem(image(RED), "/v1/models/nobody/heatmap", 404, "UNKNOWN_MODEL");
    }

    @Test
    void saysWhatIsWrongAsAProblem() {
        problem(image("no image".getBytes(StandardCharsets.UTF_8)), "/v1/models/tiny/score", 422, "NOT_AN_IMAGE");
        problem(image(RED), "/v1/models/nobody/score", 404, "UNKNOWN_MODEL");
        problem(image(RED), "/v1/models/tiny/score?version=20200101-000000-00000000", 404, "UNKNOWN_MODEL");
        problem(image(RED), "/v1/models/tiny/score?alias=No%20Name", 400, "INVALID_REQUEST");
        problem(image(RED), "/v1/models/refused/score", 409, "MODEL_NOT_VERIFIED");
        problem(image(new byte[ClusterResource.MOST_BYTES + 1]), "/v1/models/tiny/score", 413, "TOO_LARGE");
        problem(given().contentType("text/plain").body("hello"), "/v1/models/tiny/score", 415, "UNSUPPORTED_IMAGE");
        problem(image(RED).header("Content-Encoding", "gzip"), "/v1/models/tiny/score", 415, "UNSUPPORTED_IMAGE");
        problem(image(RED), "/v1/models/tiny/score?urgent=perhaps", 400, "INVALID_REQUEST");
        problem(image(RED).header(Demand.DEADLINE, "soon"), "/v1/models/tiny/score", 400, "INVALID_REQUEST");
        problem(image(RED).header(Demand.DEADLINE, "0"), "/v1/models/tiny/score", 400, "INVALID_REQUEST");
    }

    @Test
    void whatTheFrameworkRefusesIsAProblemToo() {
        problem(image(RED), "/v1/nothing", 404, null);
        problem(image(RED), "/nothing", 404, null);
        problem(image(RED), "/", 404, null);
        problem(image(RED).accept("text/csv"), "/v1/models/tiny/score", 406, null);
        problem(given(), "/v1/models/tiny", 405, null);
        given().get("/v1/models/tiny/score")
                .then()
                .statusCode(405)
                .contentType(ApiProblem.MEDIA_TYPE)
                .body("status", equalTo(405));
    }

    @Test
    void scoresWhatIsUrgentOrHasTimeLeft() {
        image(RED).post("/v1/models/tiny/score?urgent=true").then().statusCode(200);
        image(RED).post("/v1/models/tiny/score?urgent").then().statusCode(200);
        image(RED).post("/v1/models/tiny/score?urgent=false").then().statusCode(200);
        image(RED)
                .header(Demand.DEADLINE, "60000")
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200);
    }

    @Test
    void aHeaderThatARuleNamesChoosesTheArm() {
        image(RED)
                .header(ClusterResource.COHORT, "b")
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200)
                .body("version", equalTo(ClusterResource.OTHER))
                .body("arm", equalTo(ClusterResource.CHALLENGER));
        image(RED)
                .header(ClusterResource.COHORT, "a")
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200)
                .body("version", equalTo(ClusterResource.CHAMPION))
                .body("$", not(hasKey("arm")));
        image(RED)
                .header(ClusterResource.COHORT, "b")
                .post("/v1/models/tiny/score?alias=champion")
                .then()
                .statusCode(200)
                .body("version", equalTo(ClusterResource.CHAMPION))
                .body("$", not(hasKey("arm")));
    }

    @Test
    void listsWhatItHoldsAndWhatItRefused() {
        given().get("/v1/models").then().statusCode(200).body("name", hasItem("tiny"));
        given().get("/v1/models/tiny")
                .then()
                .statusCode(200)
                .body(
                        "versions.find { it.version == '%s' }.state".formatted(ClusterResource.CHAMPION),
                        equalTo("LOADED"))
                .body(
                        "versions.find { it.version == '%s' }.aliases".formatted(ClusterResource.CHAMPION),
                        hasItem("champion"));
        given().get("/v1/models/refused")
                .then()
                .statusCode(200)
                .body("versions[0].state", equalTo("REFUSED"))
                .body("versions[0].code", equalTo("MODEL_NOT_VERIFIED"))
                .body("versions[0].reason", containsString("golden image"));
        given().get("/v1/models/nobody").then().statusCode(404).contentType(ApiProblem.MEDIA_TYPE);
    }

    @Test
    void refusesImagesAboveTheLimitsOfSidesAndPixels() {
        byte[] wide = TinyModel.png(1, 2, 3, ClusterResource.MOST_SIDE_PX + 1, 1);
        byte[] large = TinyModel.png(1, 2, 3, 1001, ClusterResource.MOST_PIXELS / 1000);

        problem(image(wide), "/v1/models/tiny/score", 413, "TOO_LARGE");
        problem(image(large), "/v1/models/tiny/score", 413, "TOO_LARGE");
        image(TinyModel.png(1, 2, 3, ClusterResource.MOST_SIDE_PX, 2))
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200);
    }

    @Test
    void countsWhatItRejectsByReasonAndVersion() {
        byte[] noImage = "no image".getBytes(StandardCharsets.UTF_8);
        double images = rejected("NOT_AN_IMAGE", "tiny", ClusterResource.CHAMPION);
        double large = rejected("TOO_LARGE", "tiny", ClusterResource.CHAMPION);
        double unknown = rejected("UNKNOWN_MODEL", "unknown", "unknown");

        image(noImage).post("/v1/models/tiny/score").then().statusCode(422);
        EdgeTests.request()
                .multiPart("a", "a.png", noImage)
                .multiPart("b", "b.png", RED)
                .multiPart("c", "c.png", new byte[ClusterResource.MOST_BYTES + 1])
                .post("/v1/models/tiny/score")
                .then()
                .statusCode(200);
        image(RED).post("/v1/models/made-up/score").then().statusCode(404);

        assertThat(rejected("NOT_AN_IMAGE", "tiny", ClusterResource.CHAMPION)).isEqualTo(images + 2);
        assertThat(rejected("TOO_LARGE", "tiny", ClusterResource.CHAMPION)).isEqualTo(large + 1);
        assertThat(rejected("UNKNOWN_MODEL", "unknown", "unknown")).isEqualTo(unknown + 1);
        given().get("/q/metrics").then().body(not(containsString("made-up")));
    }

    private static double rejected(String code, String model, String version) {
        String meter = "scanstream_http_rejected_total{code=\"%s\",model=\"%s\",version=\"%s\"}";
        return EdgeTests.metric(meter.formatted(code, model, version));
    }

    @Test
    void showsItsMetrics() {
        image(RED).post("/v1/models/tiny/score").then().statusCode(200);

        given().get("/q/metrics")
                .then()
                .statusCode(200)
                .body(containsString("scanstream_models_loaded"))
                .body(containsString("scanstream_models_bytes"))
                .body(containsString("scanstream_models_evicted_total 0.0"))
                .body(containsString("scanstream_models_refused_total 1.0"))
                .body(containsString("scanstream_batch_size_count"));
    }

    private static void problem(RequestSpecification request, String path, int status, @Nullable String code) {
        request.post(path)
                .then()
                .statusCode(status)
                .contentType(ApiProblem.MEDIA_TYPE)
                .body("status", equalTo(status))
                .body("code", equalTo(code));
    }

    private static RequestSpecification image(byte[] bytes) {
        return EdgeTests.request().contentType("application/octet-stream").body(bytes);
    }
}
