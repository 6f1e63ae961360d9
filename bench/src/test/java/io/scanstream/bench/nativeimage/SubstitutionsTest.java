package io.scanstream.bench.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SubstitutionsTest {
    /**
     * Which is why {@code application.yaml} removes two classes of Quarkus' extension ({@code removed-resources}). When this
     * fails, Quarkus knows our version of Kafka, and they can stay.
     */
    @Test
    void tellsOfAConditionThatAsksAClassWhichHasMoved() {
        List<String> broken = Substitutions.broken(Classes.in(Reached.jars("quarkus-kafka-client", "kafka-clients")));

        assertThat(broken)
                .anyMatch(line -> line.contains("RemoveJMXAccess")
                        && line.endsWith("needs org/apache/kafka/common/utils/AppInfoParser"));
    }
}
