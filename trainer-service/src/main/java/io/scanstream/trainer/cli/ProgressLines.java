package io.scanstream.trainer.cli;

import io.scanstream.contracts.recipe.Metric;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.training.EpochRecord;
import io.scanstream.trainer.training.TrainingListener;
import java.time.Duration;
import java.util.Locale;

/** Shows a training: a bar within an epoch on a terminal, a line per epoch, and a line every so often elsewhere. */
final class ProgressLines implements TrainingListener {
    private static final int BAR_WIDTH = 24;
    private static final Duration PLAIN_EVERY = Duration.ofSeconds(20);

    private final Console console;
    private final int epochs;
    private final Metric metric;
    private long lastPlainLine = System.nanoTime();

    /**
     * Shows epochs with their loss and one figure.
     *
     * @param training says the figure: the one that the best epoch is chosen by, accuracy where that is the loss
     */
    ProgressLines(Console console, Recipe.Training training) {
        this.console = console;
        this.epochs = training.epochs();
        this.metric = training.bestMetric() == Metric.LOSS ? Metric.ACCURACY : training.bestMetric();
    }

    @Override
    public void progressed(Progress progress) {
        String figures = String.format(
                Locale.ROOT,
                "epoch %d/%d  step %d/%d  loss %.4f  %.0f images/s  %s left",
                progress.epoch(),
                progress.epochs(),
                progress.step(),
                progress.stepsPerEpoch(),
                progress.loss(),
                progress.imagesPerSecond(),
                time(progress.etaSeconds()));
        if (console.isTerminal()) {
            int done = BAR_WIDTH * progress.step() / progress.stepsPerEpoch();
            console.status("[" + "#".repeat(done) + "-".repeat(BAR_WIDTH - done) + "] " + figures);
        } else if (System.nanoTime() - lastPlainLine >= PLAIN_EVERY.toNanos()) {
            lastPlainLine = System.nanoTime();
            console.line(figures);
        }
    }

    @Override
    public void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {
        lastPlainLine = System.nanoTime();
        console.line(String.format(
                Locale.ROOT,
                "epoch %d/%d  loss %.4f  validation loss %.4f  %s %.4f%s  %.0f images/s (input %.0f)  %s left%s",
                epoch.epoch(),
                epochs,
                epoch.trainLoss(),
                epoch.validationLoss(),
                metric.key(),
                epoch.validation(metric),
                best ? " *" : "  ",
                epoch.imagesPerSecond(),
                epoch.inputImagesPerSecond(),
                time(etaSeconds),
                epoch.skippedSteps() == 0
                        ? ""
                        : "  " + epoch.skippedSteps() + " steps skipped: loss or gradient not finite"));
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
    }
}
