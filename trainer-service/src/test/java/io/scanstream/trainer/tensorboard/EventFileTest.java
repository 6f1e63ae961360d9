package io.scanstream.trainer.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.Json;
import io.scanstream.trainer.DebianPython;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    private static final Instant AT = Instant.ofEpochMilli(1_700_000_000_500L);

    @TempDir
    Path folder;

    @Test
    void anIndependentReaderFindsEveryScalar() throws Exception {
        DebianPython.require("google.protobuf");
        EventFile curves = new EventFile();
        curves.add(1, 0.75, Map.of("loss", 0.5, "dice", 0.25), Map.of("train", 100.0, "input", 300.0), AT);
        curves.add(2, 0.5, Map.of("loss", 0.375), Map.of("train", 200.0), AT.plusSeconds(60));
        Path file = Files.write(folder.resolve(curves.name()), curves.bytes());

        JsonNode events = Json.mapper().readTree(DebianPython.run("tfevents.py", file.toString()));

        assertThat(events).hasSize(3);
        assertThat(events.get(0).get("fileVersion").asText()).isEqualTo("brain.Event:2");
        assertThat(events.get(1).get("wallTime").asDouble()).isEqualTo(1_700_000_000.5);
        assertThat(events.get(1).get("step").asInt()).isEqualTo(1);
        assertThat(events.get(1).get("scalars").get("loss/train").asDouble()).isEqualTo(0.75);
        assertThat(events.get(1).get("scalars").get("dice/validation").asDouble())
                .isEqualTo(0.25);
        assertThat(events.get(1).get("scalars").get("imagesPerSecond/input").asDouble())
                .isEqualTo(300);
        assertThat(events.get(2).get("step").asInt()).isEqualTo(2);
        assertThat(events.get(2).get("scalars").get("loss/validation").asDouble())
                .isEqualTo(0.375);
        assertThat(events.get(2).get("scalars").get("imagesPerSecond/train").asDouble())
                .isEqualTo(200);
    }

    @Test
    void beginsAsTensorFlowsWriterDoes() {
        EventFile curves = new EventFile();
        curves.add(1, 0.5, Map.of(), Map.of(), AT);

        byte[] bytes = curves.bytes();

        // 24 bytes follow, with the masked CRC-32C that TensorFlow's own files of this version begin with.
        assertThat(HexFormat.of().formatHex(bytes, 0, 12)).isEqualTo("1800000000000000a37f4b22");
        assertThat(new String(bytes, 12 + 11, 13, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("brain.Event:2");
        assertThat(curves.name()).isEqualTo("events.out.tfevents.1700000000.scanstream");
    }
}
