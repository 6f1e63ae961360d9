package io.scanstream.trainer.cli;

import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.tensorboard.EventFile;
import io.scanstream.trainer.training.EpochRecord;
import io.scanstream.trainer.training.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the curves of a training for TensorBoard, anew after each epoch, and hands on what it hears. */
final class CurveFile implements TrainingListener {
    private final EventFile curves = new EventFile();
    private final Path folder;
    private final TrainingListener next;

    /** Writes to the folder {@code tensorboard} below one. */
    CurveFile(Path folder, TrainingListener next) {
        this.folder = folder.resolve(ModelPackage.TENSORBOARD);
        this.next = next;
    }

    @Override
    public void progressed(Progress progress) {
        next.progressed(progress);
    }

    @Override
    public void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {
        Map<String, Double> paces = new LinkedHashMap<>();
        paces.put("train", epoch.imagesPerSecond());
        paces.put("input", epoch.inputImagesPerSecond());
        curves.add(epoch.epoch(), epoch.trainLoss(), epoch.validation(), paces, Instant.now());
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(curves.name()), curves.bytes());
        } catch (IOException e) {
            throw new UncheckedIOException("curves in " + folder, e);
        }
        next.epochCompleted(epoch, best, etaSeconds);
    }
}
