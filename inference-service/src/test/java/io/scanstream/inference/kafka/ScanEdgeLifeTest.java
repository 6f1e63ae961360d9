package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Without a broker. */
class ScanEdgeLifeTest {
    @Test
    void isAliveUntilAThreadEndsThatNobodyAskedTo() {
        // A service of other tests may run in this process, with threads of the same names.
        Set<Thread> others = Set.copyOf(Thread.getAllStackTraces().keySet());
        ScanEdge edge = edge();
        assertThat(edge.alive()).as("not started").isTrue();
        edge.start();
        assertThat(edge.alive()).isTrue();

        Thread loop = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("scans-urgent") && !others.contains(thread))
                .findFirst()
                .orElseThrow();
        // Nobody does that; it stands for whatever ends a thread.
        loop.interrupt();

        await().atMost(Duration.ofSeconds(30)).until(() -> !edge.alive());
        assertThat(edge.running()).isFalse();
        edge.close();
        assertThat(edge.alive()).as("closed").isTrue();
    }

    /** Nothing listens there, and nothing is ever scored. */
    private static ScanEdge edge() {
        KafkaSettings settings = new KafkaSettings(
                Map.of("bootstrap.servers", "127.0.0.1:1"),
                "test",
                64,
                1 << 20,
                Duration.ZERO,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                10);
        return new ScanEdge(settings, null, () -> null, null, new SimpleMeterRegistry(), OpenTelemetry.noop());
    }
}
