package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.specification.RequestSpecification;
import io.scanstream.contracts.api.ApiProblem;
import io.scanstream.inference.TinyModel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class FormTest {
    private static final String PATH = "/v1/models/tiny/score";
    private static final byte[] RED = TinyModel.png(200, 150, 30, 24, 24);

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @AfterEach
    void leavesNothingBehind() {
        EdgeTests.awaitEmpty();
    }

    @Test
    void scoresEachFileInOrder() {
        RequestSpecification form = EdgeTests.request();
        for (int i = 0; i < 70; i++) {
            // More than one run's worth, under names of all kinds.
            form.multiPart("field" + i % 3, i + ".png", TinyModel.png(i, 100, 200 - i, 20 + i, 20), "image/png");
        }

        JsonPath scores = form.post(PATH).then().statusCode(200).extract().jsonPath();

        assertThat(scores.<Object>getList("scores")).hasSize(70);
        for (int i = 0; i < 70; i++) {
            assertThat(scores.getString("scores[" + i + "].file")).isEqualTo(i + ".png");
            assertThat(scores.getString("scores[" + i + "].version")).isEqualTo(ClusterResource.CHAMPION);
            assertThat(scores.getDouble("scores[" + i + "].probabilities.benign"))
                    .isCloseTo(TinyModel.probabilities(i, 100, 200 - i)[0], within(1e-6));
        }
    }

    @Test
    void aFileThatCannotBeScoredFailsAlone() {
        JsonPath scores = EdgeTests.request()
                .multiPart("images", "a.png", RED)
                .multiPart("images", "b.txt", "no image".getBytes(StandardCharsets.UTF_8))
                .multiPart("images", "c.png", new byte[ClusterResource.MOST_BYTES + 1])
                .multiPart("images", "d.png", new byte[0])
                .multiPart("images", "e.png", RED)
                .post(PATH + "?urgent=true&version=" + ClusterResource.OTHER)
                .then()
                .statusCode(200)
                .extract()
                .jsonPath();

        assertThat(scores.<String>getList("scores.file")).containsExactly("a.png", "b.txt", "c.png", "d.png", "e.png");
        assertThat(scores.<String>getList("scores.decision")).containsExactly("cancer", null, null, null, "cancer");
        assertThat(scores.<String>getList("scores.error.code"))
                .containsExactly("NOT_AN_IMAGE", "TOO_LARGE", "NOT_AN_IMAGE");
        assertThat(scores.getString("scores[2].error.message")).contains("limit of " + ClusterResource.MOST_BYTES);
    }

    @Test
    void refusesFormsThatAreNone() {
        refused(EdgeTests.request().multiPart("text", "hello"), PATH, 400, "INVALID_REQUEST", "field text");
        refused(
                EdgeTests.request().multiPart("image", "a.png", RED).multiPart("note", "hello"),
                PATH,
                400,
                "INVALID_REQUEST",
                "field note");
        refused(form("multipart/form-data", "hello"), PATH, 400, "INVALID_REQUEST", "form");
        refused(form("multipart/form-data; boundary=x", "hello"), PATH, 400, "INVALID_REQUEST", "");
        refused(form("multipart/form-data; boundary=x", "--x--\r\n"), PATH, 400, "INVALID_REQUEST", "no file");
        refused(
                EdgeTests.request().multiPart("image", "a.png", RED),
                "/v1/models/nobody/score",
                404,
                "UNKNOWN_MODEL",
                "nobody");
    }

    @Test
    void boundsTheFormInBytesAndInFiles() {
        RequestSpecification many = EdgeTests.request();
        for (int i = 0; i <= ClusterResource.REQUEST_IMAGES; i++) {
            many.multiPart("image", i + ".png", RED);
        }
        refused(many, PATH, 413, "TOO_LARGE", "at most " + ClusterResource.REQUEST_IMAGES);

        RequestSpecification large = EdgeTests.request();
        for (int i = 0; i <= ClusterResource.REQUEST_BYTES / ClusterResource.MOST_BYTES; i++) {
            large.multiPart("image", i + ".png", new byte[ClusterResource.MOST_BYTES]);
        }
        refused(large, PATH, 413, "TOO_LARGE", "limit of " + ClusterResource.REQUEST_BYTES);
    }

    private static RequestSpecification form(String type, String body) {
        return EdgeTests.request()
                .config(EdgeTests.raw())
                .contentType(type)
                .body(body.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(RequestSpecification request, String path, int status, String code, String detail) {
        request.post(path)
                .then()
                .statusCode(status)
                .contentType(ApiProblem.MEDIA_TYPE)
                .body("code", equalTo(code))
                .body("detail", containsString(detail));
    }
}
