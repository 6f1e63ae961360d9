package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.scanstream.contracts.Json;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that is not ours: NVIDIA's Triton client for Java, as it lies on Maven Central, in a process of its own. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class TritonJavaClientTest {
    /** Below 128: in JSON the client writes bytes with their sign. */
    private static final int[][] COLOURS = {{120, 90, 30}, {1, 2, 100}, {9, 127, 4}};

    @TempDir
    Path folder;

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @Test
    void tritonsJavaClientGetsItsScores() throws Exception {
        JsonNode seen = ask();

        for (String request : List.of("binary", "json")) {
            JsonNode answer = seen.get(request);
            assertThat(answer.get("id").asText()).isEqualTo("an-id");
            assertThat(answer.get("model").asText()).isEqualTo("tiny");
            assertThat(answer.get("version").asText()).isEqualTo(ClusterResource.CHAMPION);
            assertThat(answer.get("outputs")).extracting(JsonNode::asText).containsExactly("probabilities", "logits");
            assertThat(answer.get("logits")).hasSize(9);
            isRight(answer);
        }
        isRight(seen.get("unnamed"));
        assertThat(seen.get("wrongShape").asText()).contains("shape");
        assertThat(seen.get("unknownModel").asText()).contains("nobody");
    }

    private static void isRight(JsonNode answer) {
        assertThat(answer.get("probabilitiesShape")).extracting(JsonNode::asInt).containsExactly(3, 3);
        for (int i = 0; i < 9; i++) {
            assertThat(answer.get("probabilities").get(i).asDouble())
                    .isCloseTo(TinyModel.probabilities(COLOURS[i / 3])[i % 3], within(1e-5));
        }
    }

    private JsonNode ask() throws IOException, InterruptedException {
        Path source = folder.resolve("TritonJavaClient.java");
        try (InputStream resource = getClass().getResourceAsStream("/TritonJavaClient.java")) {
            assertThat(resource).isNotNull();
            Files.copy(resource, source);
        }
        Path output = folder.resolve("output.json");
        Path errors = folder.resolve("errors.txt");
        int code = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        "target/triton-java-client.jar",
                        source.toString(),
                        "127.0.0.1:" + RestAssured.port,
                        "tiny",
                        ClusterResource.CHAMPION,
                        Integer.toString(TinyModel.SIDE),
                        "120,90,30",
                        "1,2,100",
                        "9,127,4")
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(errors)).isZero();
        return Json.mapper().readTree(output.toFile());
    }
}
