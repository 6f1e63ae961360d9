package io.scanstream.gateway.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParametersTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    wait=10                    | 10
                    respond-async, wait=5      | 5
                    Wait = 7 ; foo             | 7
                    wait="3"                   | 3
                    wait=999999                | 60
                    return=minimal             | 0
                    await=4                    | 0
                    wait=x                     | 0
                    wait=-1                    | 0
                    """)
    void readsThePreferredWaitAndHoldsItToAMinute(String prefer, int seconds) {
        assertThat(Parameters.preferredWait(prefer)).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(Parameters.preferredWait(null)).isZero();
    }

    @Test
    void readsMomentsWithAnyOffsetEvenWithAPlusThatWasNotEscaped() {
        Instant moment = Instant.parse("2026-11-20T10:00:00Z");

        assertThat(Parameters.instant("deadline", "2026-11-20T10:00:00Z")).contains(moment);
        assertThat(Parameters.instant("deadline", "2026-11-20T12:00:00+02:00")).contains(moment);
        assertThat(Parameters.instant("deadline", "2026-11-20T12:00:00 02:00")).contains(moment);
        assertThat(Parameters.instant("deadline", null)).isEmpty();
        assertInvalid("deadline", () -> Parameters.instant("deadline", "tomorrow"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1001", "ten", "1e3", "99999999999"})
    void refusesAPageThatIsNone(String limit) {
        assertInvalid("limit", () -> Parameters.limit(limit));
    }

    @Test
    void takesAFlagWithOrWithoutAValue() {
        assertThat(Parameters.flag("urgent", null)).isFalse();
        assertThat(Parameters.flag("urgent", "")).isTrue();
        assertThat(Parameters.flag("urgent", "TRUE")).isTrue();
        assertThat(Parameters.flag("urgent", "false")).isFalse();
        assertInvalid("urgent", () -> Parameters.flag("urgent", "yes"));
    }

    @Test
    void refusesIdempotencyKeysThatAreEmptyLongOrNotAscii() {
        assertThat(Parameters.idempotencyKey(null)).isEmpty();
        assertThat(Parameters.idempotencyKey("a b")).contains("a b");
        for (String key : new String[] {"", " a", "ä", "a".repeat(256), "a\u0000"}) {
            assertInvalid("Idempotency-Key", () -> Parameters.idempotencyKey(key));
        }
    }

    private static void assertInvalid(String name, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageStartingWith(name + ":");
    }
}
