package io.scanstream.inference.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class HttpLimitsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final int UNHURRIED = 8;

    private final MeterRegistry metrics = new SimpleMeterRegistry();
    private final HttpLimits limits =
            new HttpLimits(new HttpSettings(1000, 10, 100, 500, 5, UNHURRIED, SECOND, SECOND, SECOND), metrics);

    private double bytes() {
        return metrics.get("scanstream.http.bytes").gauge().value();
    }

    private double images() {
        return metrics.get("scanstream.http.images").gauge().value();
    }

    private static void refuses(ErrorCode code, ThrowingCallable attempt) {
        assertThat(catchThrowableOfType(ScanstreamException.class, attempt).code())
                .isEqualTo(code);
    }

    @Test
    void holdsSoManyBytesAndNoMore() {
        List<HttpLimits.Admission> in = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            in.add(limits.admit(200, 500, false));
        }
        refuses(ErrorCode.OVERLOADED, () -> limits.admit(1, 500, false));
        refuses(ErrorCode.OVERLOADED, () -> limits.admit(1, 500, true));
        assertThat(metrics.get("scanstream.http.refused")
                        .tag("reason", "bytes")
                        .counter()
                        .count())
                .isEqualTo(2);

        in.get(0).close();
        in.get(0).close();
        assertThat(bytes()).isEqualTo(800);
        in.add(limits.admit(200, 500, false));
        in.forEach(HttpLimits.Admission::close);
        assertThat(bytes()).isZero();
        assertThat(images()).isZero();
    }

    @Test
    void whatIsNotAnnouncedTakesRoomAsItComes() {
        HttpLimits.Admission admission = limits.admit(-1, 500, false);
        assertThat(bytes()).isZero();
        admission.receive(300);
        assertThat(bytes()).isEqualTo(300);
        admission.receive(200);
        refuses(ErrorCode.TOO_LARGE, () -> admission.receive(1));
        HttpLimits.Admission announced = limits.admit(400, 500, false);
        announced.receive(400);
        assertThat(bytes()).isEqualTo(900);
        HttpLimits.Admission third = limits.admit(90, 500, false);
        refuses(ErrorCode.OVERLOADED, () -> announced.receive(11));

        third.close();
        admission.close();
        announced.close();
        announced.take(50);
        announced.takeImages(1);
        assertThat(bytes()).isZero();
        assertThat(images()).isZero();
    }

    @Test
    void whatCanNeverFitIsTooLarge() {
        refuses(ErrorCode.TOO_LARGE, () -> limits.admit(101, 100, false));
        try (HttpLimits.Admission admission = limits.admit(100, 500, false)) {
            refuses(ErrorCode.TOO_LARGE, () -> admission.take(901));
            refuses(ErrorCode.TOO_LARGE, () -> admission.take(Long.MAX_VALUE));
            refuses(ErrorCode.TOO_LARGE, () -> admission.takeImages(5));
            refuses(ErrorCode.TOO_LARGE, () -> admission.takeImages(Integer.MAX_VALUE));
            assertThat(images()).isEqualTo(1);
        }
    }

    @Test
    void holdsSoManyImagesAndNoMore() {
        List<HttpLimits.Admission> in = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            HttpLimits.Admission admission = limits.admit(1, 500, false);
            admission.takeImages(4);
            in.add(admission);
        }
        refuses(ErrorCode.OVERLOADED, () -> limits.admit(1, 500, false));
        assertThat(bytes()).isEqualTo(2);
        in.forEach(HttpLimits.Admission::close);
        assertThat(images()).isZero();
    }

    /** Images one behind the other, in time that we make. */
    private static final class Line {
        final WaitEstimate estimate = new WaitEstimate(UNHURRIED, SECOND);
        final Deque<WaitEstimate.Place> waiting = new ArrayDeque<>();
        long now;

        void come(int count) {
            for (int i = 0; i < count; i++) {
                waiting.add(estimate.enter(now));
            }
        }

        void serve(int count, long millisEach) {
            for (int i = 0; i < count; i++) {
                now += TimeUnit.MILLISECONDS.toNanos(millisEach);
                estimate.leave(waiting.remove(), true, now);
            }
        }
    }

    @Test
    void refusesWhoWouldWaitTooLong() {
        Line line = new Line();
        line.come(200);
        assertThat(line.estimate.tooLong()).as("nothing is known").isFalse();
        line.serve(200, 20);
        assertThat(line.estimate.tooLong()).as("nobody waits").isFalse();

        line.come(40);
        assertThat(line.estimate.tooLong()).as("0.8 s").isFalse();
        line.come(20);
        assertThat(line.estimate.tooLong()).as("1.2 s").isTrue();
    }

    @Test
    void saysWhenToComeAgain() {
        WaitEstimate estimate = limits.estimate();
        assertThat(retryAfter()).as("nothing is known").isEqualTo(1);
        List<WaitEstimate.Place> places = new ArrayList<>();
        for (int i = 0; i < 2 * UNHURRIED; i++) {
            places.add(estimate.enter(0));
        }
        // The ninth of them after 2.7 s: 0.3 s each, and fifteen are left.
        estimate.leave(places.get(UNHURRIED), true, TimeUnit.MILLISECONDS.toNanos(2700));
        assertThat(retryAfter()).isEqualTo(5);
        ScanstreamException refused =
                catchThrowableOfType(ScanstreamException.class, () -> limits.admit(1, 500, false));
        try (Response response = ProblemResponses.refused(refused, "/v1/models/lung/score")) {
            assertThat(response.getHeaderString(HttpHeaders.RETRY_AFTER)).isEqualTo("5");
        }
        // Stood still for a day.
        estimate.leave(places.get(UNHURRIED + 1), true, TimeUnit.DAYS.toNanos(1));
        assertThat(retryAfter()).isEqualTo(60);
    }

    @Test
    void letsNobodyInWhenTheServiceEndsButKeepsWhoIsIn() {
        HttpLimits.Admission before = limits.admit(100, 500, false);

        limits.end();

        refuses(ErrorCode.OVERLOADED, () -> limits.admit(1, 500, true));
        before.take(100);
        before.takeImages(1);
        before.close();
        assertThat(bytes()).isZero();
    }

    private int retryAfter() {
        return limits.estimate().seconds();
    }

    @Test
    void countsWhatIsFinalByCodeAndKnownVersion() {
        limits.rejected(ErrorCode.NOT_AN_IMAGE, new ModelVersion("lung", "v1"));
        limits.rejected(ErrorCode.UNKNOWN_MODEL, null);
        limits.rejected(ErrorCode.OVERLOADED, null);
        limits.rejected(ErrorCode.CANCELLED, null);

        assertThat(metrics.get("scanstream.http.rejected").counters()).hasSize(2);
        assertThat(metrics.get("scanstream.http.rejected")
                        .tags("code", "NOT_AN_IMAGE", "model", "lung", "version", "v1")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(metrics.get("scanstream.http.rejected")
                        .tags("code", "UNKNOWN_MODEL", "model", "unknown", "version", "unknown")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void learnsThatItBecameFaster() {
        Line line = new Line();
        line.come(200);
        line.serve(200, 1000);
        line.come(UNHURRIED);
        assertThat(line.estimate.tooLong()).as("8 s").isTrue();

        // Only as many as are always let in come on.
        for (int i = 0; i < 300; i++) {
            line.serve(1, 1);
            line.come(1);
        }
        assertThat(line.estimate.tooLong()).as("8 ms").isFalse();
    }

    @Test
    void imagesThatFoundNobodyWaitingSayNothing() {
        Line line = new Line();
        for (int i = 0; i < 100; i++) {
            line.come(1);
            line.serve(1, 500);
        }
        line.come(500);
        assertThat(line.estimate.tooLong()).isFalse();
    }

    @Test
    void urgentRequestsAreNotRefusedForTheWaitOfOthers() {
        WaitEstimate estimate = limits.estimate();
        List<WaitEstimate.Place> places = new ArrayList<>();
        for (int i = 0; i < 2 * UNHURRIED; i++) {
            places.add(estimate.enter(0));
        }
        estimate.leave(places.get(UNHURRIED), true, TimeUnit.HOURS.toNanos(1));

        refuses(ErrorCode.OVERLOADED, () -> limits.admit(1, 500, false));
        limits.admit(1, 500, true).close();
    }
}
