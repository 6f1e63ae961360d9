package io.scanstream.inference.arrivals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivedScansTest {
    @Test
    void whatIsLeftOfAnAttemptThatFailedIsNotBegun() {
        CountDownLatch slow = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        List<Integer> many = IntStream.range(0, 500).boxed().toList();
        try (ArrivedScans scans = new ArrivedScans(
                () -> {
                    throw new IllegalStateException("not asked for");
                },
                new IncomingLayout("incoming"),
                version -> false)) {
            assertThatThrownBy(() -> scans.each(many, number -> {
                        begun.incrementAndGet();
                        if (number == 0) {
                            throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "down");
                        }
                        await(slow);
                        return number;
                    }))
                    .isInstanceOfSatisfying(ScanstreamException.class, e -> assertThat(e.code())
                            .isEqualTo(ErrorCode.STORE_UNAVAILABLE));
            slow.countDown();

            assertThat(scans.each(List.of(1, 2, 3), number -> number * 2)).containsExactly(2, 4, 6);
            assertThat(begun.get()).as("those that were under way").isLessThan(20);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
