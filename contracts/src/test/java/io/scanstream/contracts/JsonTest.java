package io.scanstream.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.contracts.scoring.ClaimTicket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @ValueSource(strings = {"null", " null\n", "", "[]", "7", "{", "\"text\""})
    void whatIsNoObjectIsRefusedWithItsTypesName(String json) {
        refused(() -> Json.read(utf8(json), ClaimTicket.class), "not a ClaimTicket in JSON: ");
    }

    @Test
    void nullIsNoListEither() {
        refused(() -> Json.read(utf8("null"), new TypeReference<List<String>>() {}), "it is null");
    }

    @Test
    void aTreeMayBeNull() {
        assertThat(Json.read(utf8("null"), JsonNode.class).isNull()).isTrue();
    }

    @Test
    void aTextThatEndsTooSoonIsToldByItsPlaceAlone() {
        assertThatThrownBy(() -> Json.read(utf8("{\"sha256\":\"a\""), ClaimTicket.class))
                .hasMessageContaining("Unexpected end-of-input")
                .hasMessageContaining("(start marker at line: 1, column: 1)")
                .hasMessageNotContaining("Source");
    }

    private static void refused(ThrowingCallable reading, String says) {
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
                .hasMessageContaining(says);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
