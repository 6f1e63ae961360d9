package io.scanstream.trainer.training;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A training at rest, in a folder: {@code weights.safetensors}, {@code average.safetensors} where
 * weights are averaged, {@code optimizer.pt} (libtorch's archive), {@code best.safetensors} once an epoch has ended, and {@code state.json}, written last. Copying the files is copying the
 * checkpoint.
 */
public record Checkpoint(Path folder, TrainingState state) {
    static final String WEIGHTS = "weights.safetensors";
    static final String AVERAGE = "average.safetensors";
    static final String OPTIMIZER = "optimizer.pt";
    static final String BEST = "best.safetensors";
    static final String STATE = "state.json";

    /** Writes one; the best weights are copied from their file. */
    static Checkpoint write(Path folder, Learner learner, Path best, TrainingState state) throws IOException {
        Files.createDirectories(folder);
        learner.save(folder.resolve(WEIGHTS), folder.resolve(AVERAGE), folder.resolve(OPTIMIZER));
        if (state.bestEpoch() != null) {
            Files.copy(best, folder.resolve(BEST), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.write(folder.resolve(STATE), Json.prettyBytes(state));
        return new Checkpoint(folder, state);
    }

    /** Gives its weights, and those of its best epoch, back. */
    void restore(Learner learner, Path best) throws IOException {
        learner.load(folder.resolve(WEIGHTS), folder.resolve(AVERAGE), folder.resolve(OPTIMIZER));
        if (state.bestEpoch() != null) {
            Files.copy(folder.resolve(BEST), best, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    void delete() throws IOException {
        for (Path file : files()) {
            Files.delete(file);
        }
        Files.delete(folder);
    }

    /**
     * Reads a checkpoint's state and sees that its files are there.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the file that is missing
     */
    public static Checkpoint read(Path folder) throws IOException {
        requireFile(folder, STATE);
        Checkpoint checkpoint =
                new Checkpoint(folder, Json.read(Files.readAllBytes(folder.resolve(STATE)), TrainingState.class));
        for (Path file : checkpoint.files()) {
            requireFile(folder, file.getFileName().toString());
        }
        return checkpoint;
    }

    /** Every file of it, {@code state.json} last. */
    public List<Path> files() {
        List<Path> files = new ArrayList<>();
        files.add(folder.resolve(WEIGHTS));
        if (state.averaged()) {
            files.add(folder.resolve(AVERAGE));
        }
        files.add(folder.resolve(OPTIMIZER));
        if (state.bestEpoch() != null) {
            files.add(folder.resolve(BEST));
        }
        files.add(folder.resolve(STATE));
        return files;
    }

    private static void requireFile(Path folder, String name) {
        if (!Files.isRegularFile(folder.resolve(name))) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "checkpoint " + folder + ": expected the file " + name + ", it is missing.");
        }
    }
}
