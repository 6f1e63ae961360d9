package io.scanstream.local.demo;

import io.scanstream.contracts.training.TrainingEvent;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A training's events for people: one line that redraws itself in a terminal, plain lines elsewhere. */
final class TrainingProgress {
    private static final int BAR = 24;

    private final PrintStream out;
    private final boolean terminal;
    private int lastEpoch;

    TrainingProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    void show(TrainingEvent event) {
        if (event instanceof TrainingEvent.TrainingAccepted accepted) {
            String from = accepted.resumedAt() == null ? "" : ", goes on from " + accepted.resumedAt();
            line("  " + accepted.trainer() + " took the job" + from);
        } else if (event instanceof TrainingEvent.TrainingProgressed progress) {
            if (terminal) {
                double done = (double) progress.step() / Math.max(1, progress.stepsPerEpoch());
                bar(
                        progress.epoch() - 1 + done,
                        progress.epochs(),
                        String.format(
                                Locale.ROOT,
                                "epoch %d/%d  loss %.3f  %.0f images/s  %s left",
                                progress.epoch(),
                                progress.epochs(),
                                progress.loss(),
                                progress.imagesPerSecond(),
                                duration(progress.etaSeconds())));
            }
        } else if (event instanceof TrainingEvent.EpochCompleted epoch) {
            showEpoch(epoch);
        } else if (event instanceof TrainingEvent.TrainingDelayed delayed) {
            line("  waits: " + delayed.code() + ": " + delayed.reason());
        } else if (event instanceof TrainingEvent.TrainingSucceeded succeeded) {
            succeeded.warnings().forEach(warning -> line("  note: " + warning));
        } else if (event instanceof TrainingEvent.TrainingFailed failed) {
            line("  failed: " + failed.code() + ": " + failed.reason());
        } else if (event instanceof TrainingEvent.TrainingCancelled cancelled) {
            line("  cancelled: " + cancelled.reason());
        }
    }

    private void showEpoch(TrainingEvent.EpochCompleted epoch) {
        // The replay at the start of a stream may tell again what was told.
        if (epoch.epoch() <= lastEpoch) {
            return;
        }
        lastEpoch = epoch.epoch();
        Map<String, Double> metrics = epoch.metrics();
        String text = String.format(
                Locale.ROOT,
                "epoch %d/%d  train loss %.3f%s%s  %.0f images/s%s  %s left%s",
                epoch.epoch(),
                epoch.epochs(),
                epoch.trainLoss(),
                metric("  val loss", metrics.get("validationLoss")),
                metric("  val acc", metrics.get("validationAccuracy")),
                epoch.imagesPerSecond(),
                input(metrics.get("inputImagesPerSecond")),
                duration(epoch.etaSeconds()),
                epoch.best() ? "  *" : "");
        if (terminal) {
            bar(epoch.epoch(), epoch.epochs(), text);
            if (epoch.epoch() == epoch.epochs()) {
                out.println();
            }
        } else {
            out.println("  " + text);
        }
    }

    /** What the input pipeline alone could make: training waits for it where this is the lower one. */
    private static String input(@Nullable Double imagesPerSecond) {
        return imagesPerSecond == null ? "" : String.format(Locale.ROOT, " (input %.0f)", imagesPerSecond);
    }

    private void bar(double done, int epochs, String text) {
        int full = (int) Math.round(BAR * done / epochs);
        out.print("\r\033[K  [" + "#".repeat(full) + ".".repeat(Math.max(0, BAR - full)) + "] " + text);
        out.flush();
    }

    private void line(String text) {
        out.print(terminal ? "\r\033[K" : "");
        out.println(text);
    }

    private static String metric(String name, @Nullable Double value) {
        return value == null ? "" : String.format(Locale.ROOT, "%s %.3f", name, value);
    }

    static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
    }
}
