package io.scanstream.local.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.training.TrainingEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {
    private static final JobId JOB = JobId.next();

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @Test
    void writesPlainLinesWhereThereIsNoTerminalAndNoEpochTwice() {
        TrainingProgress progress = new TrainingProgress(out, false);
        progress.show(new TrainingEvent.TrainingProgressed(JOB, 1, 2, 3, 10, 0.7, 100, 20, Instant.EPOCH));
        progress.show(epoch(1));
        progress.show(epoch(1));
        progress.show(epoch(2));

        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("""
                        epoch 1/2  train loss 0.500  val acc 0.750  123 images/s (input 456)  1 min 5 s left  *
                        epoch 2/2  train loss 0.500  val acc 0.750  123 images/s (input 456)  1 min 5 s left  *
                        """.indent(2));
    }

    @Test
    void redrawsOneLineInATerminal() {
        TrainingProgress progress = new TrainingProgress(out, true);
        progress.show(new TrainingEvent.TrainingProgressed(JOB, 2, 2, 5, 10, 0.7, 100, 20, Instant.EPOCH));

        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .startsWith("\r")
                .contains("[##################......] epoch 2/2  loss 0.700")
                .doesNotContain("\n");
    }

    @Test
    void saysWhyATrainingFailed() {
        new TrainingProgress(out, false)
                .show(new TrainingEvent.TrainingFailed(JOB, ErrorCode.INVALID_DATASET, "no image", Instant.EPOCH));

        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("INVALID_DATASET: no image");
    }

    @Test
    void saysWhatATrainingWaitsFor() {
        new TrainingProgress(out, false)
                .show(new TrainingEvent.TrainingDelayed(
                        JOB, ErrorCode.STORE_UNAVAILABLE, "connection refused", Instant.EPOCH));

        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("waits: STORE_UNAVAILABLE: connection refused");
    }

    @Test
    void passesOnWhatAModelIsPublishedWith() {
        new TrainingProgress(out, false)
                .show(new TrainingEvent.TrainingSucceeded(
                        JOB, "skin", "1", Map.of(), List.of("decides for one class alone"), Instant.EPOCH));

        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("note: decides for one class alone");
    }

    private static TrainingEvent epoch(int number) {
        return new TrainingEvent.EpochCompleted(
                JOB,
                number,
                2,
                0.5,
                Map.of("validationAccuracy", 0.75, "inputImagesPerSecond", 456.0),
                true,
                123,
                65,
                Instant.EPOCH);
    }
}
