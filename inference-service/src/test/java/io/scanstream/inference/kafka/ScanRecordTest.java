package io.scanstream.inference.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.contracts.scoring.ScanId;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScanRecordTest {
    /** Whatever a record holds, reading it must not fail: it would be read for ever. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "[]",
                "{}",
                "7",
                "{\"key\":null,\"sizeBytes\":1}",
                "{\"key\":\"scans/x\",\"sizeBytes\":null}"
            })
    void whatIsNoClaimTicketIsAMistake(String value) {
        ConsumerRecord<byte[], byte[]> source =
                new ConsumerRecord<>("scans", 0, 0, utf8(ScanId.next().toString()), utf8(value));
        source.headers().add(ScanHeaders.MODEL, utf8("tiny"));
        source.headers().add(ScanHeaders.CONTENT_TYPE, utf8(ScanHeaders.CLAIM_TICKET));

        ScanRecord record = ScanRecord.of(source);

        assertThat(record.ticket()).isNull();
        assertThat(record.mistake())
                .isNotNull()
                .extracting(ScanstreamException::code)
                .isEqualTo(ErrorCode.INVALID_REQUEST);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
