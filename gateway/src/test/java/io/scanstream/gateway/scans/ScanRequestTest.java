package io.scanstream.gateway.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.scoring.ScanHeaders;
import org.junit.jupiter.api.Test;

class ScanRequestTest {
    @Test
    void keepsTheTypesOfImagesAndNoneThatWouldBeTakenForAClaimTicket() {
        assertThat(typed("image/png")).isEqualTo("image/png");
        assertThat(typed("IMAGE/TIFF")).isEqualTo("image/tiff");
        assertThat(typed(ScanHeaders.CLAIM_TICKET)).isEqualTo("application/octet-stream");
        assertThat(typed("image/png; charset=x\r\ny")).isEqualTo("image/png");
        assertThat(typed("image/p\r\nng")).isEqualTo("application/octet-stream");
        assertThat(typed(null)).isEqualTo("application/octet-stream");
    }

    @Test
    void asksForAModelAndAtMostOneWayToChooseItsVersion() {
        assertThatThrownBy(() -> ScanRequest.of(null, null, null, null, null, null))
                .hasMessageStartingWith("model:");
        assertThatThrownBy(() -> ScanRequest.of(" ", null, null, null, null, null))
                .hasMessageStartingWith("model:");
        assertThatThrownBy(() -> ScanRequest.of("m", "v", "a", null, null, null))
                .hasMessageContaining("one of the two");
    }

    @Test
    void whateverIsAskedForTellsOneRequestFromAnother() {
        assertThat(ScanRequest.of("m", "v", null, null, null, null).fingerprint())
                .isNotEqualTo(ScanRequest.of("m", null, "v", null, null, null).fingerprint())
                .isNotEqualTo(ScanRequest.of("m", "v", null, null, "true", null).fingerprint());
    }

    private static String typed(String contentType) {
        return ScanRequest.of("m", null, null, null, null, contentType).contentType();
    }
}
