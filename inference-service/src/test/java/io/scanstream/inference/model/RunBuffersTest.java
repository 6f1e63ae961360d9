package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunBuffersTest {
    private final RunBuffers buffers = new RunBuffers(32, 5);

    @Test
    void isMadeOnceForTheLargestBatch() {
        buffers.output("logits", 1, 3);
        long before = direct();

        for (int rows : new int[] {1, 7, 32, 16}) {
            ByteBuffer input = buffers.input(Collections.nCopies(rows, new byte[5]), rows);
            assertThat(input.remaining()).isEqualTo(rows * 5);
            assertThat(buffers.output("logits", rows, 3).remaining()).isEqualTo(rows * 3);
        }

        assertThat(direct()).isEqualTo(before);
    }

    @Test
    void holdsScansOneAfterAnotherAndRoomForThoseThatPad() {
        ByteBuffer input = buffers.input(List.of(new byte[] {1, 2, 3, 4, 5}, new byte[] {6, 7, 8, 9, 10}), 4);

        assertThat(input.isDirect()).isTrue();
        assertThat(input.remaining()).isEqualTo(20);
        assertThat(input.get(4)).isEqualTo((byte) 5);
        assertThat(input.get(5)).isEqualTo((byte) 6);
    }

    @Test
    void outputsAreApart() {
        FloatBuffer logits = buffers.output("logits", 2, 3);
        FloatBuffer probabilities = buffers.output("probabilities", 2, 3);

        logits.put(0, 4);

        assertThat(probabilities.get(0)).isZero();
        assertThat(buffers.output("logits", 2, 3).get(0)).isEqualTo(4);
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }
}
