package io.scanstream.inference.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.contracts.Topics;
import io.scanstream.inference.ScanClient;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Every metric that dashboards and alerts expect of the service is one that it gives. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class DashboardTest {
    private static final Path METRICS = Path.of("../k8s/observability/metrics.yaml");

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String bootstrapServers;

    @Test
    void givesWhatIsLookedAt() throws IOException {
        Set<String> expected = new TreeSet<>();
        new YAMLMapper().readTree(METRICS.toFile()).path("inference").forEach(name -> expected.add(name.asText()));
        assertThat(expected).hasSizeGreaterThan(10);
        byte[] red = TinyModel.png(200, 20, 30, 24, 24);
        given().contentType("image/png").body(red).post("/v1/models/tiny/score");
        try (ScanClient client = new ScanClient(bootstrapServers, Topics.SCANS)) {
            client.send("tiny", red);
            client.send("tiny", "no image".getBytes(StandardCharsets.UTF_8));
            client.flush();
        }

        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(metrics()).containsAll(expected));
    }

    private static Set<String> metrics() {
        String page = given().accept("text/plain").get("/q/metrics").asString();
        return page.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());
    }
}
