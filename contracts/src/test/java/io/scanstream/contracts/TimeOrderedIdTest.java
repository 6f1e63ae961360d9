package io.scanstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimeOrderedIdTest {
    private static final Instant AT = Instant.parse("2026-11-20T10:15:30.123Z");

    @Test
    void isAVersionSevenUuidThatKnowsItsTime() {
        UUID id = TimeOrderedId.derived(AT, "a key");

        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(TimeOrderedId.timeOf(id)).isEqualTo(AT);
    }

    @Test
    void sortsByTimeAsText() {
        String earlier = TimeOrderedId.derived(AT, "z").toString();
        String later = TimeOrderedId.derived(AT.plusMillis(1), "a").toString();

        assertThat(earlier).isLessThan(later);
    }

    @Test
    void isTheSameForTheSameKeyAndAnotherForAnother() {
        assertThat(TimeOrderedId.derived(AT, "a")).isEqualTo(TimeOrderedId.derived(AT, "a"));
        assertThat(TimeOrderedId.derived(AT, "a")).isNotEqualTo(TimeOrderedId.derived(AT, "b"));
        assertThat(TimeOrderedId.next()).isNotEqualTo(TimeOrderedId.next());
    }

    @Test
    void givesAJobOneModelVersion() {
        JobId job = JobId.of(TimeOrderedId.derived(AT, "a").toString());

        ModelVersion version = ModelVersion.of("lung", job);

        assertThat(version.version()).startsWith("20261120-101530-").hasSize(24);
        assertThat(ModelVersion.of("lung", job)).isEqualTo(version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "../x", "a..b", "-a", "a/b", "Aa", "a.", "a\n"})
    void refusesWhatIsNoName(String name) {
        assertThatThrownBy(() -> Names.require("dataset.name", name))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageStartingWith("dataset.name: '");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "lung-cnn", "x9.y_z", "0"})
    void acceptsNames(String name) {
        assertThat(Names.require("dataset.name", name)).isEqualTo(name);
    }
}
