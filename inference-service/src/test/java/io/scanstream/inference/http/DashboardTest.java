package io.scanstream.inference.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** Every metric that the dashboard draws is one that the service gives. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class DashboardTest {
    private static final Path DASHBOARD = Path.of("../k8s/grafana/scoring.json");
    private static final Pattern METRIC = Pattern.compile("\\b(scanstream|http)_[a-z_]+");

    @ConfigProperty(name = "kafka.bootstrap.servers")
    String bootstrapServers;

    @Test
    void drawsWhatThereIs() throws IOException {
        Set<String> drawn = new TreeSet<>();
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                Matcher names = METRIC.matcher(target.path("expr").asText());
                while (names.find()) {
                    drawn.add(names.group());
                }
            }
        }
        assertThat(drawn).hasSizeGreaterThan(10);
        byte[] red = TinyModel.png(200, 20, 30, 24, 24);
        given().contentType("image/png").body(red).post("/v1/models/tiny/score");
        try (ScanClient client = new ScanClient(bootstrapServers, Topics.SCANS)) {
            client.send("tiny", red);
            client.send("tiny", "no image".getBytes(StandardCharsets.UTF_8));
            client.flush();
        }

        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(metrics()).containsAll(drawn));
    }

    private static Set<String> metrics() {
        String page = given().accept("text/plain").get("/q/metrics").asString();
        return page.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());
    }
}
