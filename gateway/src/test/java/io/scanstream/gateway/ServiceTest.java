package io.scanstream.gateway;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.api.DriftView;
import io.scanstream.gateway.drift.DriftMeters;
import io.scanstream.gateway.testing.GatewayUnderTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

/** What runs beside the API, and the settings that nothing else would show to be wrong. */
@QuarkusTest
@QuarkusTestResource(GatewayUnderTest.class)
class ServiceTest {
    @Inject
    DriftMeters drift;

    @Test
    void isReadyOnceTheStoreHasBeenRead() {
        await().untilAsserted(() ->
                when().get("/q/health/ready").then().statusCode(200).body("checks.name", hasItem("scanstream")));
        when().get("/q/health/live").then().statusCode(200);
    }

    @Test
    void servesItsDescriptionItsPageAndItsMeasures() {
        when().get("/q/openapi?format=json")
                .then()
                .statusCode(200)
                .body("info.title", equalTo("Scanstream"))
                .body("paths.keySet()", hasItems("/api/v1/datasets/{name}", "/api/v1/trainings", "/api/v1/scans"))
                .body("paths.'/api/v1/scans'.post.summary", equalTo("Score an image"));
        when().get("/q/swagger-ui/").then().statusCode(200);
        when().get("/q/metrics").then().statusCode(200).body(containsString("jvm_memory"));
    }

    @Test
    void givesTheMetricsThatAreLookedAt() throws IOException {
        Set<String> expected = new TreeSet<>();
        new YAMLMapper()
                .readTree(Path.of("../k8s/observability/metrics.yaml").toFile())
                .path("gateway")
                .forEach(name -> expected.add(name.asText()));
        assertThat(expected).hasSizeGreaterThan(5);
        System.gc();
        drift.show(List.of(new DriftView(
                "lung",
                "v1",
                "test",
                100,
                400,
                200,
                Instant.EPOCH,
                Instant.EPOCH,
                List.of(new DriftView.Quantity("decision", 0.5, 0.25, true, List.of())),
                List.of())));
        when().get("/api/v1/trainings").then().statusCode(200);

        await().untilAsserted(() -> assertThat(
                        when().get("/q/metrics").asString().lines().map(line -> line.split("[{ ]", 2)[0]))
                .containsAll(expected));
    }

    @Test
    void countsNoAddressesThatClientsMakeUp() {
        given().put("/api/v1/scans/made-up").then().statusCode(405);
        when().get("/api/v1/scans/made-up-too").then().statusCode(400);

        when().get("/q/metrics")
                .then()
                .body(containsString("uri=\"OTHER\""))
                .body(containsString("uri=\"/api/v1/scans/{id}\""))
                .body(not(containsString("made-up")));
    }

    @Test
    void showsTheRecipesAsDataAndAsWritten() {
        when().get("/api/v1/recipes").then().statusCode(200).body("name", hasItem("demo-cnn"));
        when().get("/api/v1/recipes/demo-cnn")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("data.channels", equalTo(3));
        given().accept("application/yaml")
                .get("/api/v1/recipes/demo-cnn")
                .then()
                .statusCode(200)
                .body(containsString("name: demo-cnn"));
        when().get("/api/v1/recipes/none").then().statusCode(404).body("code", equalTo("UNKNOWN_RECIPE"));
    }

    @Test
    void writesDurablyReadsWhatIsCommittedAndSharesNoGroup() {
        for (String channel :
                List.of("training-requests", "training-cancellations", "promotions", "scans", "scans-urgent")) {
            assertThat(setting("outgoing", channel, "acks")).isEqualTo("all");
            assertThat(setting("outgoing", channel, "enable.idempotence")).isEqualTo("true");
            assertThat(setting("outgoing", channel, "delivery.timeout.ms")).isEqualTo("10000");
            assertThat(setting("outgoing", channel, "value.serializer")).endsWith("ByteArraySerializer");
        }
        for (String channel : List.of("training-events", "model-events", "scores")) {
            assertThat(setting("incoming", channel, "group.id")).matches("gateway-" + channel + "-[0-9a-f-]{36}");
            assertThat(setting("incoming", channel, "enable.auto.commit")).isEqualTo("false");
            assertThat(setting("incoming", channel, "failure-strategy")).isEqualTo("ignore");
        }
        assertThat(setting("incoming", "training-events", "auto.offset.reset")).isEqualTo("latest");
        assertThat(setting("incoming", "scores", "auto.offset.reset")).isEqualTo("earliest");
        assertThat(setting("incoming", "scores", "isolation.level")).isEqualTo("read_committed");
        assertThat(setting("incoming", "scores", "consumer-rebalance-listener.name"))
                .isEqualTo("score-replay");
    }

    private static String setting(String direction, String channel, String name) {
        return ConfigProvider.getConfig()
                .getValue("mp.messaging." + direction + "." + channel + "." + name, String.class);
    }
}
