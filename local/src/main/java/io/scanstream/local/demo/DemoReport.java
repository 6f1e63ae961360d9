package io.scanstream.local.demo;

import io.scanstream.contracts.model.Confusion;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.scoring.ScoreEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Of a classifier: a table of scans, the confusion matrix, the figures. */
final class DemoReport implements ScanReport {
    /** So many rows fit a screen; the file has them all. */
    private static final int SHOWN = 12;

    private final List<ScoredScan> scans;
    private final Confusion confusion;

    /** A report on the scans that came back; rejected ones are in the table only. */
    DemoReport(List<String> classes, List<ScoredScan> scans) {
        this.scans = List.copyOf(scans);
        this.confusion = new Confusion(classes);
        for (ScoredScan scan : scans) {
            if (scan.result() instanceof ScoreEvent.ScanScored scored) {
                confusion.add(classes.indexOf(scan.truth()), classes.indexOf(scored.decision()));
            }
        }
    }

    Confusion confusion() {
        return confusion;
    }

    @Override
    public void print(PrintStream out) {
        printTable(out);
        out.println();
        printConfusion(out);
        out.println();
        out.printf(
                Locale.ROOT,
                "test accuracy %.4f, macro F1 %.4f on %d scans%n",
                confusion.accuracy(),
                confusion.macroF1(),
                confusion.total());
        for (Metrics.PerClass figures : confusion.perClass()) {
            out.printf(
                    Locale.ROOT,
                    "  %-16s precision %.3f  recall %.3f  F1 %.3f  (%d scans)%n",
                    figures.label(),
                    figures.precision(),
                    figures.recall(),
                    figures.f1(),
                    figures.images());
        }
    }

    private void printTable(PrintStream out) {
        List<ScoredScan> rows = new ArrayList<>(
                scans.stream().filter(scan -> !scan.right()).limit(SHOWN / 2).toList());
        // Spread over the classes: the list is sorted by path.
        List<ScoredScan> right = scans.stream().filter(ScoredScan::right).toList();
        int wanted = Math.min(SHOWN - rows.size(), right.size());
        for (int i = 0; i < wanted; i++) {
            rows.add(right.get(i * right.size() / wanted));
        }
        out.printf("%-44s %-16s %-16s %s%n", "file", "true", "predicted", "probability");
        for (ScoredScan scan : rows) {
            String file = scan.file().length() <= 44
                    ? scan.file()
                    : "…" + scan.file().substring(scan.file().length() - 43);
            out.printf("%-44s %-16s %-16s %s%n", file, scan.truth(), predicted(scan), probability(scan));
        }
        if (rows.size() < scans.size()) {
            out.println("… " + (scans.size() - rows.size()) + " more in the file below");
        }
    }

    private void printConfusion(PrintStream out) {
        List<String> classes = confusion.classes();
        int width = Math.max(8, classes.stream().mapToInt(String::length).max().orElse(0) + 2);
        out.print(" ".repeat(width) + "predicted\n" + pad("true", width));
        classes.forEach(label -> out.print(pad(label, width)));
        out.println();
        for (int i = 0; i < classes.size(); i++) {
            out.print(pad(classes.get(i), width));
            confusion.counts().get(i).forEach(count -> out.print(pad(Long.toString(count), width)));
            out.println();
        }
    }

    /** Every scan as CSV: file, true class, predicted class or the error's code, probability of the prediction. */
    @Override
    public void writeCsv(Path file) throws IOException {
        StringBuilder lines = new StringBuilder("file,true,predicted,probability\n");
        for (ScoredScan scan : scans) {
            lines.append(ScanReport.quoted(scan.file())).append(',').append(scan.truth());
            lines.append(',')
                    .append(predicted(scan))
                    .append(',')
                    .append(probability(scan))
                    .append('\n');
        }
        Files.writeString(file, lines);
    }

    private static String predicted(ScoredScan scan) {
        return scan.result() instanceof ScoreEvent.ScanScored scored
                ? scored.decision()
                : ((ScoreEvent.ScanRejected) scan.result()).code().name();
    }

    private static String probability(ScoredScan scan) {
        return scan.result() instanceof ScoreEvent.ScanScored scored
                ? String.format(Locale.ROOT, "%.4f", scored.probabilities().get(scored.decision()))
                : "";
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
