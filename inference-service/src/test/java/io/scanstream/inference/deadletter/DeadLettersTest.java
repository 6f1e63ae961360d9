package io.scanstream.inference.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** On a consumer that gives what a test put there. */
class DeadLettersTest {
    private static final TopicPartition ZERO = new TopicPartition(Topics.SCANS_DLQ, 0);
    private static final TopicPartition ONE = new TopicPartition(Topics.SCANS_DLQ, 1);
    private static final int IN_A_PARTITION = 4;

    private boolean brokerIsGone;

    /** Two partitions; the letters of the first were set aside at even seconds, those of the second at odd ones. */
    private final class Letters extends MockConsumer<byte[], byte[]> {
        Letters() {
            super("earliest");
            updatePartitions(
                    Topics.SCANS_DLQ,
                    List.of(
                            new PartitionInfo(Topics.SCANS_DLQ, 0, null, null, null),
                            new PartitionInfo(Topics.SCANS_DLQ, 1, null, null, null)));
            Map<TopicPartition, Long> beginnings = new HashMap<>();
            Map<TopicPartition, Long> ends = new HashMap<>();
            for (TopicPartition partition : List.of(ZERO, ONE)) {
                beginnings.put(partition, 0L);
                ends.put(partition, (long) IN_A_PARTITION);
            }
            updateBeginningOffsets(beginnings);
            updateEndOffsets(ends);
        }

        @Override
        public synchronized void assign(Collection<TopicPartition> partitions) {
            super.assign(partitions);
            if (brokerIsGone) {
                return;
            }
            for (TopicPartition partition : partitions) {
                for (int offset = 0; offset < IN_A_PARTITION; offset++) {
                    addRecord(letter(partition.partition(), offset));
                }
            }
        }

        @Override
        public synchronized Map<TopicPartition, Long> endOffsets(
                Collection<TopicPartition> partitions, Duration timeout) {
            if (brokerIsGone) {
                throw new TimeoutException("no broker");
            }
            return super.endOffsets(partitions, timeout);
        }
    }

    @Test
    void theOldestAreThoseOfAllPartitions() {
        List<String> read = new ArrayList<>();
        letters().read(new Choice(0, null, null, null, null, null, null, 3), letter -> {
            read.add(letter.place());
            return true;
        });

        // At seconds 0, 1 and 2.
        assertThat(read).containsExactly("0@0", "0@1", "1@0");
    }

    @Test
    void endsWhenTheBrokerIsGone() {
        brokerIsGone = true;

        assertThatThrownBy(() -> letters().read(Choice.ALL, letter -> true)).isInstanceOf(TimeoutException.class);
    }

    private DeadLetters letters() {
        return new DeadLetters(Letters::new, Topics.SCANS_DLQ, Duration.ofMillis(50));
    }

    private static ConsumerRecord<byte[], byte[]> letter(int partition, int offset) {
        return new ConsumerRecord<>(
                Topics.SCANS_DLQ,
                partition,
                offset,
                1_000L * (2 * offset + partition),
                TimestampType.CREATE_TIME,
                0,
                0,
                null,
                new byte[0],
                new RecordHeaders(),
                Optional.empty());
    }
}
