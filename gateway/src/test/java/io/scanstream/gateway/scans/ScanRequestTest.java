package io.scanstream.gateway.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.scoring.RoutingHeaders;
import io.scanstream.contracts.scoring.ScanHeaders;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    @Test
    void takesAlongOnlyTheHeadersThatTrafficMayLookAt() {
        ScanRequest routed = ScanRequest.of("m", null, null, null, null, null)
                .routedBy(
                        Map.of(
                                "X-Scanstream-Ward", List.of("3", "4"),
                                "User-Agent", List.of("probe"),
                                "X-Scanstream-Split", List.of("a\r\nce_model: other"),
                                "X-Scanstream-Long", List.of("x".repeat(257)),
                                "X-Scanstream-None", List.of(),
                                "Accept", List.of("text/html")),
                        name -> name.startsWith("x-scanstream-") || name.equals("user-agent"));

        assertThat(routed.routing())
                .containsOnly(Map.entry("user-agent", "probe"), Map.entry("x-scanstream-ward", "3"));
        assertThat(routed.fingerprint())
                .isNotEqualTo(ScanRequest.of("m", null, null, null, null, null).fingerprint());
    }

    @Test
    void takesABoundedNumberOfHeadersAlong() {
        Map<String, List<String>> many = IntStream.range(0, 100)
                .boxed()
                .collect(Collectors.toMap(i -> "X-Scanstream-" + i, i -> List.of("" + i)));

        ScanRequest routed = ScanRequest.of("m", null, null, null, null, null).routedBy(many, name -> true);

        assertThat(routed.routing()).hasSize(RoutingHeaders.MOST);
    }

    private static String typed(String contentType) {
        return ScanRequest.of("m", null, null, null, null, contentType).contentType();
    }
}
