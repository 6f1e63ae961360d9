package io.scanstream.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);

    private RateLimit limit(double perSecond, Duration burst) {
        return new RateLimit(perSecond, burst, now::get);
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private static int taken(RateLimit limit, String caller, int asked) {
        int taken = 0;
        for (int i = 0; i < asked; i++) {
            taken += limit.take(caller).isZero() ? 1 : 0;
        }
        return taken;
    }

    @Test
    void aBurstIsTakenAtOnceAndThenTheRate() {
        RateLimit limit = limit(10, Duration.ofSeconds(2));
        assertThat(taken(limit, "ada", 100)).isEqualTo(20);
        assertThat(limit.take("ada")).isEqualTo(Duration.ofMillis(100));

        pass(Duration.ofMillis(100));
        assertThat(taken(limit, "ada", 100)).isEqualTo(1);
        pass(Duration.ofHours(1));
        assertThat(taken(limit, "ada", 100))
                .as("no more is saved up than the burst")
                .isEqualTo(20);
    }

    @Test
    void eachCallerHasItsOwn() {
        RateLimit limit = limit(1, Duration.ofSeconds(1));
        assertThat(taken(limit, "ada", 5)).isEqualTo(1);
        assertThat(taken(limit, "bob", 5)).isEqualTo(1);
    }

    @Test
    void oneIsAllowedHoweverShortTheBurst() {
        RateLimit limit = limit(0.1, Duration.ZERO);
        assertThat(taken(limit, "ada", 5)).isEqualTo(1);
        assertThat(limit.take("ada")).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void callersWhoUsedNothingLatelyAreForgottenAndLoseNothing() {
        RateLimit limit = limit(1, Duration.ofSeconds(3));
        for (int i = 0; i < 20_000; i++) {
            limit.take("caller" + i);
            pass(Duration.ofMillis(1));
        }
        assertThat(limit.callers()).isLessThanOrEqualTo(10_001);
        assertThat(taken(limit, "caller0", 10)).isEqualTo(3);
        assertThat(taken(limit, "caller19999", 10)).isLessThan(3);
    }

    @Test
    void aRateThatIsNoneIsRefused() {
        assertThatThrownBy(() -> limit(0, Duration.ofSeconds(1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limit(Double.NaN, Duration.ofSeconds(1))).isInstanceOf(IllegalArgumentException.class);
    }
}
