package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class AnnouncementsTest {
    private final Map<String, String> headers = new HashMap<>();
    private final Announcements announcements = new Announcements((topic, key, value, all) -> {
        assertThat(topic).isEqualTo(Topics.TRAINING_REQUESTS_DLQ);
        headers.putAll(all);
        return CompletableFuture.completedFuture(null);
    });
    private final ScanstreamException reason = new ScanstreamException(ErrorCode.UNKNOWN_JOB, "no such job");

    @Test
    void aDeadLetterSaysWhyAndWhereItCameFrom() {
        assertThat(announcements.deadLetter(request(), reason)).isTrue();

        assertThat(headers)
                .containsEntry(ScanHeaders.ERROR_CODE, "UNKNOWN_JOB")
                .containsEntry(ScanHeaders.ERROR_REASON, "no such job")
                .containsEntry(ScanHeaders.ATTEMPTS, "1")
                .containsEntry(ScanHeaders.SOURCE_TOPIC, Topics.TRAINING_REQUESTS)
                .containsEntry(ScanHeaders.SOURCE_PARTITION, "2")
                .containsEntry(ScanHeaders.SOURCE_OFFSET, "17");
    }

    @Test
    void attemptsBeforeAReplayAreCounted() {
        ConsumerRecord<String, byte[]> replayed = request();
        replayed.headers().add(ScanHeaders.ATTEMPTS, "4".getBytes(StandardCharsets.UTF_8));

        announcements.deadLetter(replayed, reason);

        assertThat(headers).containsEntry(ScanHeaders.ATTEMPTS, "5");
    }

    private static ConsumerRecord<String, byte[]> request() {
        return new ConsumerRecord<>(Topics.TRAINING_REQUESTS, 2, 17, "job", new byte[] {1});
    }
}
