package io.scanstream.gateway.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.api.ShadowComparison;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent.ScanScored;
import io.scanstream.gateway.scans.ScoreWindow;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShadowAgreementTest {
    private final ScoreWindow window = new ScoreWindow(1000);
    private final ShadowAgreement agreement = new ShadowAgreement(window::find);

    private static ScanScored score(ScanId scan, String version, double cancer) {
        Map<String, Double> probabilities = new LinkedHashMap<>();
        probabilities.put("benign", 1 - cancer);
        probabilities.put("cancer", cancer);
        return new ScanScored(
                scan,
                "lung",
                version,
                probabilities,
                cancer < 0.5 ? "benign" : "cancer",
                null,
                null,
                null,
                Instant.EPOCH,
                null,
                version.equals("v2") ? "candidate" : null,
                null);
    }

    private void answered(ScanId scan, double cancer) {
        ScanScored score = score(scan, "v1", cancer);
        window.saw(score);
        agreement.sawAnswer(score);
    }

    @Test
    void countsAgreementKappaAndDifferenceInWhateverOrderScoresCome() {
        // Both benign 20 times, both cancer 15; of the others the shadow sees cancer 10 times and misses it 5 times.
        int scans = 0;
        for (double[] pair : new double[][] {{0.1, 0.3, 20}, {0.9, 0.7, 15}, {0.4, 0.6, 10}, {0.6, 0.4, 5}}) {
            for (int i = 0; i < pair[2]; i++) {
                ScanId scan = ScanId.next();
                if (scans++ % 2 == 0) {
                    answered(scan, pair[0]);
                    agreement.sawShadow(score(scan, "v2", pair[1]));
                } else {
                    agreement.sawShadow(score(scan, "v2", pair[1]));
                    answered(scan, pair[0]);
                }
            }
        }

        assertThat(agreement.of("skin")).isEmpty();
        assertThat(agreement.of("lung")).hasSize(1);
        ShadowComparison pair = agreement.of("lung").get(0);
        assertThat(pair.answering()).isEqualTo("v1");
        assertThat(pair.shadow()).isEqualTo("v2");
        assertThat(pair.alias()).isEqualTo("candidate");
        assertThat(pair.scans()).isEqualTo(50);
        assertThat(pair.agreement()).isEqualTo(0.7);
        // The textbook's table: 0.7 agree, 0.5 would by chance.
        assertThat(pair.kappa()).isCloseTo(0.4, within(1e-12));
        assertThat(pair.meanDifference()).isCloseTo(0.2, within(1e-12));
        assertThat(pair.decisions().get("benign")).containsEntry("benign", 20L).containsEntry("cancer", 10L);
        assertThat(pair.decisions().get("cancer")).containsEntry("benign", 5L).containsEntry("cancer", 15L);
    }

    @Test
    void thereIsNoKappaWhereBothAlwaysSayTheSame() {
        ScanId scan = ScanId.next();
        answered(scan, 0.1);
        agreement.sawShadow(score(scan, "v2", 0.2));

        assertThat(agreement.of("lung").get(0).kappa()).isNull();
        assertThat(agreement.of("lung").get(0).agreement()).isEqualTo(1);
    }

    @Test
    void aShadowScoreCountsOnce() {
        ScanId scan = ScanId.next();
        agreement.sawShadow(score(scan, "v2", 0.2));
        answered(scan, 0.1);
        answered(scan, 0.1);

        assertThat(agreement.of("lung").get(0).scans()).isEqualTo(1);
    }

    @Test
    void shadowScoresThatNobodyAnswersDoNotPileUp() {
        ScanId first = ScanId.next();
        agreement.sawShadow(score(first, "v2", 0.2));
        for (int i = 0; i < 10_000; i++) {
            agreement.sawShadow(score(ScanId.next(), "v2", 0.2));
        }
        answered(first, 0.1);

        assertThat(agreement.of("lung")).as("the first has given way").isEmpty();
    }
}
