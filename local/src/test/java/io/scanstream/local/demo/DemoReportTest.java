package io.scanstream.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoReportTest {
    private static final List<String> CLASSES = List.of("benign", "cancer");

    @Test
    void countsScoredScansAndShowsRejectedOnes() {
        DemoReport report = new DemoReport(
                CLASSES,
                List.of(
                        scored("test/benign/1.png", "benign", 0.9),
                        scored("test/benign/2.png", "benign", 0.2),
                        scored("test/cancer/3.png", "cancer", 0.25),
                        rejected("test/cancer/4.png", "cancer")));

        String text = printed(report);

        assertThat(report.confusion().counts()).containsExactly(List.of(1L, 1L), List.of(0L, 1L));
        assertThat(text)
                .contains("test accuracy 0.6667")
                .containsPattern("test/benign/2.png +benign +cancer +0.8000")
                .containsPattern("test/cancer/4.png +cancer +NOT_AN_IMAGE")
                .doesNotContain("more in the file");
    }

    @Test
    void writesEveryScanToTheFile(@TempDir Path folder) throws IOException {
        DemoReport report = new DemoReport(
                CLASSES,
                java.util.stream.IntStream.range(0, 40)
                        .mapToObj(i -> scored("test/benign/a \"" + i + "\".png", "benign", 0.75))
                        .toList());

        report.writeCsv(folder.resolve("scans.csv"));

        assertThat(printed(report)).contains("28 more in the file");
        assertThat(folder.resolve("scans.csv"))
                .content()
                .hasLineCount(41)
                .contains("\"test/benign/a \"\"7\"\".png\",benign,benign,0.7500\n");
    }

    private static String printed(DemoReport report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static ScoredScan scored(String file, String truth, double benign) {
        Map<String, Double> probabilities = new LinkedHashMap<>();
        probabilities.put("benign", benign);
        probabilities.put("cancer", 1 - benign);
        return new ScoredScan(
                file,
                truth,
                new ScoreEvent.ScanScored(
                        ScanId.next(),
                        "m",
                        "v",
                        probabilities,
                        benign >= 0.5 ? "benign" : "cancer",
                        null,
                        Instant.EPOCH,
                        null));
    }

    private static ScoredScan rejected(String file, String truth) {
        return new ScoredScan(
                file,
                truth,
                new ScoreEvent.ScanRejected(
                        ScanId.next(), "m", "v", ErrorCode.NOT_AN_IMAGE, "a JPEG cut short", Instant.EPOCH));
    }
}
