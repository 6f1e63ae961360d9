package io.scanstream.local.demo;

import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.scoring.Regions;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Of a segmenter: each class's share of every scan that came back, and how well the model's test masks overlap. */
final class MaskReport implements ScanReport {
    private static final int SHOWN = 12;

    private final List<String> classes;
    private final List<ScoredScan> scans;
    private final @Nullable Metrics test;

    /** @param test the card's figures of the test split */
    MaskReport(List<String> classes, List<ScoredScan> scans, @Nullable Metrics test) {
        this.classes = List.copyOf(classes);
        this.scans = List.copyOf(scans);
        this.test = test;
    }

    @Override
    public void print(PrintStream out) {
        out.printf("%-44s %s%n", "file", String.join("  ", classes));
        scans.stream().limit(SHOWN).forEach(scan -> out.printf("%-44s %s%n", scan.file(), shares(scan, "  ")));
        if (scans.size() > SHOWN) {
            out.println("… " + (scans.size() - SHOWN) + " more in the file below");
        }
        if (test != null && test.segmentation() != null) {
            out.printf(
                    Locale.ROOT,
                    "%ntest Dice %.4f, IoU %.4f on %d scans, from the model's card%n",
                    test.segmentation().dice(),
                    test.segmentation().iou(),
                    test.images());
        }
    }

    @Override
    public void writeCsv(Path file) throws IOException {
        StringBuilder lines = new StringBuilder("file,")
                .append(classes.stream().map(ScanReport::quoted).collect(Collectors.joining(",")))
                .append('\n');
        for (ScoredScan scan : scans) {
            lines.append(ScanReport.quoted(scan.file()))
                    .append(',')
                    .append(shares(scan, ","))
                    .append('\n');
        }
        Files.writeString(file, lines);
    }

    /** Of the pixels, in class order; the error's code of a scan that was rejected. */
    private String shares(ScoredScan scan, String between) {
        if (scan.result() instanceof ScoreEvent.ScanRejected rejected) {
            return rejected.code().name();
        }
        Regions regions = ((ScoreEvent.ScanScored) scan.result()).regions();
        return regions == null
                ? ""
                : classes.stream()
                        .map(label -> String.format(
                                Locale.ROOT, "%.4f", regions.shares().getOrDefault(label, 0.0)))
                        .collect(Collectors.joining(between));
    }
}
