package io.scanstream.gateway.drift;

import static io.scanstream.gateway.testing.Fixtures.answers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.AnswerCounts;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.ModelVersion;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerWindowTest {
    private static final ModelVersion LUNG = new ModelVersion("lung", "v1");

    private final SetClock clock = new SetClock();
    private final AnswerWindow window = new AnswerWindow(Duration.ofHours(24), clock);

    @Test
    void addsWhatAllInstancesCounted() {
        window.saw(counts(LUNG, answers(3, 1, 0.9), Duration.ofHours(3)));
        window.saw(counts(LUNG, answers(1, 0, 0.9), Duration.ofHours(3)));
        window.saw(counts(LUNG, answers(0, 5, 0.9), Duration.ZERO));
        window.saw(counts(new ModelVersion("lung", "v2"), answers(7, 7, 0.9), Duration.ZERO));

        AnswerWindow.Answered answered = window.of(LUNG).orElseThrow();
        assertThat(answered.answers()).isEqualTo(answers(4, 6, 0.9));
        assertThat(answered.since())
                .isEqualTo(clock.now.minus(Duration.ofHours(3)).minusSeconds(60));
        assertThat(answered.until()).isEqualTo(clock.now);
        assertThat(window.of(new ModelVersion("lung", "v3"))).isEmpty();
    }

    @Test
    void forgetsWhatIsOlderThanTheWindow() {
        window.saw(counts(LUNG, answers(1, 0, 0.9), Duration.ofHours(25)));
        assertThat(window.of(LUNG)).isEmpty();

        window.saw(counts(LUNG, answers(2, 0, 0.9), Duration.ofHours(20)));
        clock.now = clock.now.plus(Duration.ofHours(3));
        window.saw(counts(LUNG, answers(0, 3, 0.9), Duration.ZERO));
        assertThat(window.of(LUNG).orElseThrow().answers().scans()).isEqualTo(5);

        clock.now = clock.now.plus(Duration.ofHours(2));
        assertThat(window.of(LUNG).orElseThrow().answers()).isEqualTo(answers(0, 3, 0.9));
    }

    @Test
    void aClockThatIsAheadCountsNothing() {
        window.saw(counts(LUNG, answers(1, 0, 0.9), Duration.ofDays(-2)));

        assertThat(window.of(LUNG)).isEmpty();
    }

    @Test
    void refusesCountsOfOtherClasses() {
        window.saw(counts(LUNG, answers(1, 0, 0.9), Duration.ofHours(2)));
        AnswerHistogram other = new AnswerTally(List.of("benign", "malignant"), null).histogram();

        assertThatThrownBy(() -> window.saw(counts(LUNG, other, Duration.ZERO)))
                .isInstanceOfSatisfying(ScanstreamException.class, refused -> assertThat(refused.code())
                        .isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining("lung/v1")
                .hasMessageContaining("malignant");
        assertThat(window.of(LUNG).orElseThrow().answers().scans()).isEqualTo(1);
    }

    @Test
    void keepsTheVersionsThatWereHeardOfLast() {
        for (int i = 0; i < 501; i++) {
            window.saw(counts(new ModelVersion("lung", "v" + i), answers(1, 0, 0.9), Duration.ZERO));
        }

        assertThat(window.versions()).hasSize(500).doesNotContain(new ModelVersion("lung", "v0"));
    }

    private AnswerCounts counts(ModelVersion version, AnswerHistogram answers, Duration ago) {
        Instant at = clock.now.minus(ago);
        return new AnswerCounts(version, "i1", at.minusSeconds(60), at, answers);
    }

    private static final class SetClock extends Clock {
        private Instant now = Instant.parse("2026-11-20T10:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
