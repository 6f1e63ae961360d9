package io.scanstream.inference.http;

import static io.restassured.RestAssured.given;

import io.restassured.config.EncoderConfig;
import io.restassured.config.JsonConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.http.ContentType;
import io.restassured.path.json.config.JsonPathConfig;
import io.restassured.specification.RequestSpecification;
import java.time.Duration;
import org.awaitility.Awaitility;

/** What the tests of the edge have in common. */
final class EdgeTests {
    static void awaitReady() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> given().get("/q/health/ready").statusCode() == 200);
    }

    /** A request whose answer's numbers are read as doubles. */
    static RequestSpecification request() {
        return given().config(RestAssuredConfig.config()
                .jsonConfig(JsonConfig.jsonConfig().numberReturnType(JsonPathConfig.NumberReturnType.DOUBLE)));
    }

    /** For bodies of a kind that would be made for us. */
    static RestAssuredConfig raw() {
        return RestAssuredConfig.config()
                .encoderConfig(EncoderConfig.encoderConfig()
                        .encodeContentTypeAs("multipart/form-data", ContentType.BINARY)
                        .appendDefaultContentCharsetToContentTypeIfUndefined(false));
    }

    /** A metric's value now. */
    static double metric(String name) {
        return given().get("/q/metrics")
                .asString()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** The room that requests took comes back, soon if not at once. */
    static void awaitEmpty() {
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> metric("scanstream_http_bytes") == 0 && metric("scanstream_http_images") == 0);
    }

    private EdgeTests() {}
}
