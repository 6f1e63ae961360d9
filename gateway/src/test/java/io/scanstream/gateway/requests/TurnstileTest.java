package io.scanstream.gateway.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TurnstileTest {
    @Test
    void sendsAwayWhoFindsNoPlaceAndFreesThePlaceOfWhoFails() {
        Turnstile turnstile = new Turnstile(1, Duration.ZERO, "uploads");

        String inside = turnstile.pass(() -> {
            assertThatThrownBy(() -> turnstile.pass(() -> "second"))
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.OVERLOADED));
            return "first";
        });

        assertThat(inside).isEqualTo("first");
        assertThatThrownBy(() -> turnstile.pass(() -> {
                    throw new IllegalStateException("broke");
                }))
                .hasMessage("broke");
        assertThat(turnstile.pass(() -> "third")).isEqualTo("third");
    }
}
