package io.scanstream.trainer.training;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.Seeds;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * One training of a recipe on data. It can stop before any step and leaves a checkpoint; a run that resumes from it, in
 * this process or another, ends with the weights that it would have had (bit for bit on the CPU with the same number of
 * threads). For one thread; the caller closes it.
 *
 * <pre>{@code
 * try (TrainingRun run = new TrainingRun(recipe, data, libtorch, options)) {
 *     run.resume(checkpoint);                            // or not
 *     if (run.train(stop, listener) == Outcome.STOPPED)  // listener.checkpointed has the checkpoint
 *         return;
 *     run.loadBest();                                    // run.network() now has the best weights
 * }
 * }</pre>
 */
@SuppressWarnings("try") // scopes and guards act by being open
public final class TrainingRun implements AutoCloseable {
    /** So many steps in a row whose loss is not finite end a training. */
    private static final int DIVERGED_AFTER = 5;

    /** How a call of {@link #train} ended. */
    public enum Outcome {
        /** All epochs are done. */
        COMPLETED,
        /** The stop signal was heeded; a checkpoint stands. */
        STOPPED
    }

    private final Recipe recipe;
    private final TrainingData data;
    private final TrainingOptions options;
    private final Network network;
    private final Objective objective;
    private final Descent descent;
    private final BatchLoader loader;
    private final Validator validator;
    private final int stepsPerEpoch;
    private TrainingState state;
    private int notFiniteInARow;
    private @Nullable Checkpoint lastCheckpoint;
    private long lastCheckpointNanos = System.nanoTime();

    /**
     * Builds the network with fresh weights from the recipe's seed.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} when the network cannot be built for the data's classes
     */
    public TrainingRun(Recipe recipe, TrainingData data, Libtorch libtorch, TrainingOptions options) {
        this.recipe = recipe;
        this.data = data;
        this.options = options;
        this.network = new Network(
                Blueprints.of(recipe, data.classes().size()),
                libtorch,
                recipe.training().seed());
        this.objective = new Objective(recipe, data.classes(), libtorch);
        this.descent = new Descent(recipe.optimizer(), network);
        this.loader = new BatchLoader(
                data,
                new Augmenter(recipe.augmentation(), data.preprocessing()),
                recipe.training().batchSize(),
                options.loaderThreads());
        this.stepsPerEpoch = loader.stepsPerEpoch();
        this.validator = new Validator(network, objective, loader, data.validation());
        this.state = TrainingState.start(recipe.sha256());
    }

    /**
     * Takes up a checkpoint of the same recipe.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} when it is another recipe's or does not fit
     */
    public void resume(Checkpoint checkpoint) {
        if (!checkpoint.state().recipeSha256().equals(state.recipeSha256())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "checkpoint " + checkpoint.folder() + " is of the recipe "
                            + checkpoint.state().recipeSha256() + ", not of " + state.recipeSha256()
                            + ". Start without it.");
        }
        try {
            Files.createDirectories(options.workFolder());
            checkpoint.restore(network, descent, best());
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint " + checkpoint.folder(), e);
        }
        state = checkpoint.state();
    }

    /**
     * Trains to the end of the last epoch, or until asked to stop. Called again, it goes on.
     *
     * @throws ScanstreamException {@code TRAINING_DIVERGED} when the loss is not finite several steps in a row;
     *     {@code INVALID_DATASET} when an image cannot be read any more
     */
    public Outcome train(StopSignal stop, TrainingListener listener) {
        try (AutoGradMode gradients = new AutoGradMode(true)) {
            Files.createDirectories(options.workFolder());
            while (state.epoch() < recipe.training().epochs()) {
                if (trainEpoch(stop, listener) == Outcome.STOPPED) {
                    checkpoint(listener);
                    return Outcome.STOPPED;
                }
                completeEpoch(listener);
                if (options.checkpointEvery() != null) {
                    checkpoint(listener);
                }
            }
            return Outcome.COMPLETED;
        } catch (IOException e) {
            throw new UncheckedIOException("training in " + options.workFolder(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(ErrorCode.CANCELLED, "the training's thread was interrupted.", e);
        }
    }

    private Outcome trainEpoch(StopSignal stop, TrainingListener listener) throws IOException, InterruptedException {
        int epoch = state.epoch();
        long seed = recipe.training().seed();
        Pace pace = new Pace(options.progressEvery());
        try (BatchLoader.BatchStream batches = loader.training(seed, epoch, state.step())) {
            while (batches.hasNext()) {
                if (stop.requested()) {
                    return Outcome.STOPPED;
                }
                if (checkpointIsDue()) {
                    checkpoint(listener);
                }
                try (Batch batch = batches.next()) {
                    // Dropout draws from libtorch's generator: it starts anew with the place, so that a resumed run
                    // draws the same.
                    torch.manual_seed(Seeds.at(seed, epoch, state.step(), 0));
                    double loss = step(batch, epoch + (double) state.step() / stepsPerEpoch);
                    guard(loss);
                    state = state.afterStep(loss, batch.size(), pace.lap(batch.size()));
                }
                if (pace.reportIsDue()) {
                    listener.progressed(progress(pace.imagesPerSecond()));
                }
            }
        }
        return Outcome.COMPLETED;
    }

    /**
     * Forward, backward, and a step of the optimizer.
     *
     * @param moment epochs done, whole and part
     * @return the batch's mean loss; where it is not finite the weights were left alone
     */
    private double step(Batch batch, double moment) {
        try (PointerScope scope = new PointerScope()) {
            Tensor logits = network.forward(batch.pixels(), batch.size(), batch.heightPx(), batch.widthPx(), true);
            Tensor loss = objective.loss(logits, objective.labels(batch.labels()));
            double value = loss.item_double();
            if (Double.isFinite(value)) {
                descent.clearGradients();
                loss.backward();
                descent.step(recipe.schedule().factor(moment, recipe.training().epochs()));
            }
            return value;
        }
    }

    private void guard(double loss) {
        notFiniteInARow = Double.isFinite(loss) ? 0 : notFiniteInARow + 1;
        if (notFiniteInARow == DIVERGED_AFTER) {
            throw new ScanstreamException(
                    ErrorCode.TRAINING_DIVERGED,
                    "the loss was not finite in " + DIVERGED_AFTER + " steps in a row, the last at " + state.position()
                            + ". A lower recipe.optimizer.learningRate may help, now "
                            + recipe.optimizer().learningRate() + ".");
        }
    }

    private void completeEpoch(TrainingListener listener) throws IOException, InterruptedException {
        double imagesPerSecond = data.train().size() / Math.max(1e-9, state.secondsInEpoch());
        Validator.Figures validation = validator.measure();
        EpochRecord epoch = new EpochRecord(
                state.epoch() + 1,
                state.loss(),
                validation.loss(),
                validation.accuracy(),
                state.skippedSteps(),
                imagesPerSecond);
        boolean better =
                Validator.isBetter(epoch, state.best(), recipe.training().bestMetric());
        if (better) {
            network.save(best());
        }
        state = state.afterEpoch(epoch, better);
        listener.epochCompleted(epoch, better, eta(imagesPerSecond));
    }

    private boolean checkpointIsDue() {
        return options.checkpointEvery() != null
                && System.nanoTime() - lastCheckpointNanos
                        >= options.checkpointEvery().toNanos();
    }

    private void checkpoint(TrainingListener listener) throws IOException {
        Path folder = options.workFolder().resolve("checkpoint-" + state.epoch() + "-" + state.step());
        Checkpoint checkpoint = Checkpoint.write(folder, network, descent, best(), state);
        listener.checkpointed(checkpoint);
        if (lastCheckpoint != null && !lastCheckpoint.folder().equals(folder)) {
            lastCheckpoint.delete();
        }
        lastCheckpoint = checkpoint;
        lastCheckpointNanos = System.nanoTime();
    }

    private Path best() {
        return options.workFolder().resolve(Checkpoint.BEST);
    }

    /** Loads the best epoch's weights into the network; to be called when the training is completed. */
    public void loadBest() {
        if (state.bestEpoch() == null) {
            throw new IllegalStateException("no epoch has been completed, at " + state.position());
        }
        try {
            network.load(best());
        } catch (IOException e) {
            throw new UncheckedIOException("best weights " + best(), e);
        }
    }

    public Network network() {
        return network;
    }

    public Recipe recipe() {
        return recipe;
    }

    public TrainingData data() {
        return data;
    }

    /** The epoch whose weights are the best so far, counts from 1. */
    public int bestEpoch() {
        if (state.bestEpoch() == null) {
            throw new IllegalStateException("no epoch has been completed, at " + state.position());
        }
        return state.bestEpoch();
    }

    /** Index of the class that a single logit speaks for: the recipe's positive class, else the second. */
    public int positiveIndex() {
        return Objective.positiveIndex(recipe, data.classes());
    }

    /** How far the training is. */
    public TrainingState state() {
        return state;
    }

    private TrainingListener.Progress progress(double imagesPerSecond) {
        return new TrainingListener.Progress(
                state.epoch() + 1,
                recipe.training().epochs(),
                state.step(),
                stepsPerEpoch,
                state.loss(),
                imagesPerSecond,
                eta(imagesPerSecond));
    }

    private double eta(double imagesPerSecond) {
        double epochsLeft = recipe.training().epochs() - state.epoch() - (double) state.step() / stepsPerEpoch;
        return epochsLeft * data.train().size() / Math.max(1e-9, imagesPerSecond);
    }

    @Override
    public void close() {
        loader.close();
        descent.close();
        network.close();
    }
}
