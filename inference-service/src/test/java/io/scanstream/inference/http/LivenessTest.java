package io.scanstream.inference.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.scanstream.inference.kafka.ScanEdge;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Of the running service. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class LivenessTest {
    @Inject
    ScanEdge edge;

    @Test
    void isUpWhileEveryThreadOfTheEdgeLivesAndSaysWhetherKafkaAnswers() {
        EdgeTests.awaitReady();
        await().atMost(Duration.ofSeconds(30)).until(edge::brokerAnswers);

        assertThat(given().get("/q/health/live").jsonPath().getString("checks.find { it.name == 'edge' }.status"))
                .isEqualTo("UP");
        assertThat(given().get("/q/health/ready")
                        .jsonPath()
                        .getString("checks.find { it.name == 'scoring' }.data.kafkaAnswers"))
                .isEqualTo("true");
    }
}
