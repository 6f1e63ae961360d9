package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.scanstream.contracts.Json;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that is not ours: NVIDIA's {@code tritonclient} for Python. Skipped where it is not installed. */
@QuarkusTest
@QuarkusTestResource(ClusterResource.class)
class TritonClientTest {
    private static final int[][] COLOURS = {{200, 150, 30}, {1, 2, 250}, {9, 200, 4}};

    @TempDir
    Path folder;

    @BeforeEach
    void awaitReady() {
        EdgeTests.awaitReady();
    }

    @Test
    void tritonsClientFindsWhatItExpects() throws Exception {
        Optional<String> python = python();
        assumeThat(python).as("python3 with tritonclient[http]").isPresent();

        JsonNode seen = ask(python.orElseThrow());

        for (String ready : List.of("live", "ready", "modelReady", "versionReady")) {
            assertThat(seen.get(ready).asBoolean()).as(ready).isTrue();
        }
        assertThat(seen.get("nobodyReady").asBoolean()).isFalse();
        assertThat(seen.at("/server/extensions/0").asText()).isEqualTo("binary_tensor_data");
        assertThat(seen.at("/binary/response/id").asText()).isEqualTo("binary");
        for (String request : List.of("binary", "json")) {
            isRight(seen.at("/" + request + "/probabilities"));
            isRight(seen.at("/" + request + "JsonOutput/probabilities"));
            isRight(seen.at("/" + request + "BinaryOutput/probabilities"));
            assertThat(seen.at("/" + request + "BinaryOutput/logits/values")).hasSize(9);
        }
        isRight(seen.at("/images/probabilities"));
        assertThat(seen.get("async")).hasSize(4);
        assertThat(seen.at("/refused/shape/0").asText()).isEqualTo("400");
        assertThat(seen.at("/refused/type/0").asText()).isEqualTo("400");
        assertThat(seen.at("/refused/name/0").asText()).isEqualTo("400");
        assertThat(seen.at("/refused/model/0").asText()).isEqualTo("404");
        assertThat(seen.at("/refused/model/1").asText()).contains("nobody");
    }

    private static void isRight(JsonNode output) {
        assertThat(output.get("type").asText()).isEqualTo("float32");
        assertThat(output.get("shape")).extracting(JsonNode::asInt).containsExactly(3, 3);
        for (int i = 0; i < 9; i++) {
            assertThat(output.get("values").get(i).asDouble())
                    .isCloseTo(TinyModel.probabilities(COLOURS[i / 3])[i % 3], within(1e-5));
        }
    }

    private JsonNode ask(String python) throws IOException, InterruptedException {
        Path images = Files.createDirectory(folder.resolve("images"));
        for (int i = 0; i < COLOURS.length; i++) {
            Files.write(
                    images.resolve(i + ".png"), TinyModel.png(COLOURS[i][0], COLOURS[i][1], COLOURS[i][2], 20 + i, 30));
        }
        Path script = folder.resolve("triton_client.py");
        try (InputStream source = getClass().getResourceAsStream("/triton_client.py")) {
            assertThat(source).isNotNull();
            Files.copy(source, script);
        }
        Path output = folder.resolve("output.json");
        Path errors = folder.resolve("errors.txt");
        int code = new ProcessBuilder(
                        python,
                        script.toString(),
                        "127.0.0.1:" + RestAssured.port,
                        "tiny",
                        ClusterResource.CHAMPION,
                        images.toString())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(errors)).isZero();
        return Json.mapper().readTree(output.toFile());
    }

    private static Optional<String> python() throws InterruptedException {
        List<String> candidates = new ArrayList<>(List.of("python3", "/usr/bin/python3"));
        Optional.ofNullable(System.getenv("SCANSTREAM_PYTHON")).ifPresent(chosen -> candidates.add(0, chosen));
        for (String candidate : candidates) {
            if (hasClient(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static boolean hasClient(String python) throws InterruptedException {
        try {
            return new ProcessBuilder(python, "-c", "import numpy, tritonclient.http")
                            .redirectOutput(Redirect.DISCARD)
                            .redirectError(Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            // No such interpreter.
            return false;
        }
    }
}
