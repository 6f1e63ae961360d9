package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.model.TrafficState.Arm;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TrafficTest {
    private static final Instant AT = Instant.parse("2026-11-20T10:15:30Z");

    private static TestStore server;

    @BeforeAll
    static void start() {
        server = new TestStore();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void keepsEachModelsSplitAndItsHistory() {
        Traffic traffic = new Traffic(server.store());
        TrafficState split = new TrafficState(
                List.of(new Arm("champion", 0.9), new Arm("challenger", 0.1)), List.of("candidate"), "ada", "", AT);

        traffic.journal("lung").append(0, split);
        traffic.journal("lung").append(1, TrafficState.ended("ada", "enough seen", AT));
        traffic.journal("skin").append(0, split);

        assertThat(traffic.models()).contains("lung", "skin").doesNotContain("bone");
        assertThat(traffic.journal("lung").history())
                .extracting(Journal.Entry::value)
                .containsExactly(split, TrafficState.ended("ada", "enough seen", AT));
        assertThat(traffic.journal("skin").head()).contains(new Journal.Entry<>(1, split));
        assertThat(traffic.journal("bone").head()).isEmpty();
    }

    @Test
    void liesUnderItsPrefixOnly() {
        new Traffic(server.store()).journal("nose").append(0, TrafficState.ended("ada", "", AT));

        assertThat(server.store().get("traffic/nose/000001.json")).get().satisfies(json -> assertThat(
                        new String(json, StandardCharsets.UTF_8))
                .contains("\"actor\":\"ada\""));
    }
}
