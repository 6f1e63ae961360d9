package io.scanstream.trainer.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerTest {
    private static ConsumerRecord<String, byte[]> request(byte[] value) {
        return new ConsumerRecord<>("training.requests", 0, 0, "key", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "{\"type\":\"TrainingRequested\"}", "{\"type\":\"Other\"}", "text", ""})
    void whatIsNoRequestIsAReasonToSetItAside(String value) {
        assertThatThrownBy(() -> Worker.read(request(value.getBytes(StandardCharsets.UTF_8))))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
    }

    @Test
    void aRequestWithoutAValueToo() {
        assertThatThrownBy(() -> Worker.read(request(null)))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
    }
}
