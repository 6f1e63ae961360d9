package io.scanstream.gateway.requests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.api.AliasRequest;
import io.scanstream.contracts.api.TrainingRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RequestBodyTest {
    @Test
    void givesABodyUpToItsLimitWhole() throws IOException {
        RequestBody body = new RequestBody(new ByteArrayInputStream(new byte[100]), -1, 100, "scan");

        assertThat(body.next(30)).hasSize(30);
        assertThat(body.readAllBytes()).hasSize(70);
        assertThat(body.next(1)).isEmpty();
    }

    @Test
    void refusesWhatIsDeclaredTooLargeBeforeReadingAnyOfIt() throws IOException {
        InputStream unread = broken();
        assertThatThrownBy(() -> new RequestBody(unread, 101, 100, "scan"))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE));
    }

    @Test
    void saysThatItIsTooLargeAndNotWhatItsReaderMadeOfIt() {
        RequestBody body = new RequestBody(new ByteArrayInputStream(new byte[101]), 10, 100, "scan");

        assertThatThrownBy(() -> body.whileReading(() -> {
                    try {
                        return body.readAllBytes();
                    } catch (IOException e) {
                        throw new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, "the store does not answer", e);
                    }
                }))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_LARGE))
                .hasMessage("scan: larger than the limit of 100 bytes.");
    }

    @Test
    void countsSingleBytesToo() {
        RequestBody body = new RequestBody(new ByteArrayInputStream(new byte[3]), -1, 2, "scan");

        assertThatThrownBy(() -> {
                    while (body.read() >= 0) {
                        // To the limit.
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void blamesAClientThatHungUpAndNotTheReader() throws IOException {
        RequestBody body = new RequestBody(broken(), -1, 100, "upload");

        assertThatThrownBy(() -> body.whileReading(() -> {
                    try {
                        return body.read();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .hasMessage("upload: the body broke off after 0 bytes.");
    }

    @Test
    void letsAReadersOwnFailureThrough() {
        RequestBody body = new RequestBody(InputStream.nullInputStream(), -1, 100, "scan");

        assertThatThrownBy(() -> body.whileReading(() -> {
                    throw new IllegalStateException("mine");
                }))
                .hasMessage("mine");
    }

    @Test
    void readsJsonStrictly() {
        assertThat(json("{\"actor\":\"ada\"}").actor()).isEqualTo("ada");
        assertThatThrownBy(() -> json("{\"actor\":\"ada\",\"aliass\":\"x\"}"))
                .hasMessage("aliass: unknown field. Known here: actor, alias, override, reason.");
        assertThatThrownBy(() -> json("{\"actor\":{}}")).hasMessage("actor: cannot be read as a text.");
        assertThatThrownBy(() -> json("{\"actor\":"))
                .hasMessageContaining("not JSON")
                .hasMessageContaining("line 1");
        assertThatThrownBy(() -> json("[".repeat(5000))).isInstanceOf(ScanstreamException.class);
        assertThatThrownBy(() -> json("")).hasMessageContaining("empty");
        assertThatThrownBy(() -> json("null")).hasMessageContaining("null");
        assertThatThrownBy(() -> json("{\"actor\":\"a\"} x")).hasMessageContaining("not JSON");
    }

    @Test
    void namesThePlaceOfAMistakeInside() {
        String json = "{\"recipe\":\"tiny\",\"dataset\":{\"name\":\"lung\",\"version\":\"new\"}}";
        RequestBody body = new RequestBody(
                new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), -1, 1000, "training request");

        assertThatThrownBy(() -> body.json(TrainingRequest.class))
                .hasMessage("dataset.version: cannot be read as a whole number.");
    }

    private static AliasRequest json(String text) {
        return new RequestBody(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), -1, 10_000, "request")
                .json(AliasRequest.class);
    }

    /** Every read of it fails. */
    private static InputStream broken() throws IOException {
        InputStream stream = InputStream.nullInputStream();
        stream.close();
        return stream;
    }
}
