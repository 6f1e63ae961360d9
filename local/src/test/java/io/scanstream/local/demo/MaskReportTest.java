package io.scanstream.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskReportTest {
    private static final ScanId SCAN = ScanId.of("019aa0c1-7c5b-7d3e-9f00-1234567890ab");

    @TempDir
    Path folder;

    @Test
    void showsEachClassesShareAndRejectedScans() throws Exception {
        Map<String, Double> shares = Map.of("background", 0.75, "gland", 0.25);
        MaskReport report = new MaskReport(
                List.of("background", "gland"),
                List.of(
                        new ScoredScan(
                                "test/a, b.png",
                                null,
                                new ScoreEvent.ScanScored(
                                        SCAN,
                                        "m",
                                        "1",
                                        shares,
                                        "background",
                                        null,
                                        Instant.EPOCH,
                                        new Regions(shares, 8, 8, null))),
                        new ScoredScan(
                                "test/c.png",
                                null,
                                new ScoreEvent.ScanRejected(
                                        SCAN, "m", "1", ErrorCode.NOT_AN_IMAGE, "a text", Instant.EPOCH))),
                null);
        Path file = folder.resolve("scans.csv");
        report.writeCsv(file);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        report.print(new PrintStream(printed, true, StandardCharsets.UTF_8));

        assertThat(Files.readAllLines(file))
                .containsExactly(
                        "file,\"background\",\"gland\"",
                        "\"test/a, b.png\",0.7500,0.2500",
                        "\"test/c.png\",NOT_AN_IMAGE");
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("0.7500  0.2500")
                .contains("NOT_AN_IMAGE");
    }
}
