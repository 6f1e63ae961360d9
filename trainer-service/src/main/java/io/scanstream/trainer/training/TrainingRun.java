package io.scanstream.trainer.training;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.Schedule;
import io.scanstream.trainer.data.Augmenter;
import io.scanstream.trainer.data.Batch;
import io.scanstream.trainer.data.BatchLoader;
import io.scanstream.trainer.data.Seeds;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Freezing;
import io.scanstream.trainer.network.LoadReport;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
    private final Learner learner;
    private final Freezing freezing;
    private final BatchLoader loader;
    private final Validator validator;
    private final EpochSelection selection;
    private final int stepsPerEpoch;
    private TrainingState state;
    private boolean begun;
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
        this.learner = new Learner(recipe, data, libtorch);
        this.freezing = new Freezing(recipe, network().blueprint());
        this.begun = recipe.network().pretrained().isEmpty();
        this.loader = new BatchLoader(
                data,
                new Augmenter(recipe.augmentation(), data.preprocessing()),
                recipe.training().batchSize(),
                options.loaderThreads());
        this.stepsPerEpoch = loader.stepsPerEpoch();
        this.validator = new Validator(network(), learner.objective(), loader, data);
        this.selection = new EpochSelection(recipe.training());
        this.state = TrainingState.start(recipe, network().precision());
    }

    /**
     * Takes up a checkpoint of the same recipe.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} when it is another recipe's or does not fit
     */
    public void resume(Checkpoint checkpoint) {
        if (!checkpoint.state().recipe().sha256().equals(recipe.sha256())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "checkpoint " + checkpoint.folder() + " is of the recipe "
                            + checkpoint.state().recipe().name()
                            + " with other settings, not of this one. Start without it.");
        }
        try {
            Files.createDirectories(options.workFolder());
            checkpoint.restore(learner, best());
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint " + checkpoint.folder(), e);
        }
        state = checkpoint.state();
        network().trainWith(state.precision());
        begun = true;
    }

    /**
     * Begins with the weights that the recipe names; to be called before {@link #train} unless a checkpoint is taken up.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} naming every tensor that is missing or has another shape
     */
    public LoadReport begin(WeightFile weights) {
        try {
            LoadReport report = learner.take(weights);
            begun = true;
            return report;
        } catch (IOException e) {
            throw new UncheckedIOException("weights " + weights.file(), e);
        }
    }

    /**
     * Trains to the end of the last epoch, to the recipe's number of steps or until it gets no better; or until asked to
     * stop. Called again, it goes on.
     *
     * @throws ScanstreamException {@code TRAINING_DIVERGED} when the loss is not finite several steps in a row;
     *     {@code INVALID_DATASET} when an image cannot be read any more
     */
    public Outcome train(StopSignal stop, TrainingListener listener) {
        if (!begun) {
            throw new IllegalStateException("the recipe's weights have not been loaded");
        }
        try {
            Files.createDirectories(options.workFolder());
            while (!completed()) {
                // A validation with which a call begins goes to its end, so that every call gets further.
                boolean hasTrained = state.step() < stepsPerEpoch && stepsAreLeft();
                if (trainEpoch(stop, listener) == Outcome.STOPPED
                        || completeEpoch(hasTrained ? stop : StopSignal.never(), listener) == Outcome.STOPPED) {
                    checkpoint(listener);
                    return Outcome.STOPPED;
                }
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

    /** Whether there is nothing more to train. */
    public boolean completed() {
        return state.step() == 0
                && (state.epoch() >= recipe.training().epochs()
                        || !stepsAreLeft()
                        || selection.isTimeToStop(state.history()));
    }

    private boolean stepsAreLeft() {
        Integer most = recipe.training().maxSteps();
        return most == null || stepsDone() < most;
    }

    private boolean isLastStep() {
        Integer most = recipe.training().maxSteps();
        return most != null && stepsDone() + 1 >= most;
    }

    /** Of all epochs; more than there were once an epoch was cut short by the recipe's number of steps. */
    private long stepsDone() {
        return (long) state.epoch() * stepsPerEpoch + state.step();
    }

    private Outcome trainEpoch(StopSignal stop, TrainingListener listener) throws IOException, InterruptedException {
        int epoch = state.epoch();
        long seed = recipe.training().seed();
        network().freeze(freezing.at(epoch));
        Pace pace = new Pace(options.progressEvery());
        try (BatchLoader.BatchStream batches = loader.training(seed, epoch, state.step())) {
            while (batches.hasNext() && stepsAreLeft()) {
                // Gradients that are still being added up are in no checkpoint.
                boolean weightsMoved = state.step() % recipe.training().accumulationSteps() == 0;
                if (weightsMoved && stop.requested()) {
                    return Outcome.STOPPED;
                }
                if (weightsMoved && checkpointIsDue()) {
                    checkpoint(listener);
                }
                try (Batch batch = batches.next()) {
                    // Dropout draws from libtorch's generator: it starts anew with the place, so that a resumed run
                    // draws the same.
                    torch.manual_seed(Seeds.at(seed, epoch, state.step(), 0));
                    double loss = step(batch, !batches.hasNext() || isLastStep());
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

    private double step(Batch batch, boolean last) {
        int together = recipe.training().accumulationSteps();
        int within = state.step() % together;
        boolean ends = within == together - 1 || last;
        double rateFactor = ends ? recipe.schedule().factor(moment()) : 1;
        return learner.step(batch, new Learner.Moves(within == 0, ends, rateFactor, stepsDone() / together + 1));
    }

    /** Where the step under way is; only epochs that are done are looked back at. */
    private Schedule.Moment moment() {
        Integer most = recipe.training().maxSteps();
        double epochs = recipe.training().epochs();
        if (most != null) {
            epochs = Math.min(epochs, (double) most / stepsPerEpoch);
        }
        return new Schedule.Moment(
                state.epoch() + (double) state.step() / stepsPerEpoch,
                epochs,
                state.history().stream().map(EpochRecord::validationLoss).toList());
    }

    private void guard(double loss) {
        notFiniteInARow = Double.isFinite(loss) ? 0 : notFiniteInARow + 1;
        if (notFiniteInARow == DIVERGED_AFTER) {
            throw new ScanstreamException(
                    ErrorCode.TRAINING_DIVERGED,
                    "the loss or its gradient was not finite in " + DIVERGED_AFTER + " steps in a row, the last at "
                            + state.position()
                            + ". A lower recipe.optimizer.learningRate may help, now "
                            + recipe.optimizer().learningRate() + ".");
        }
    }

    @SuppressWarnings("try") // the averaged weights are in the network while it is open
    private Outcome completeEpoch(StopSignal stop, TrainingListener listener) throws IOException, InterruptedException {
        // The recipe's number of steps may have cut the epoch short.
        long images = Math.min(
                data.drawn().size(), (long) state.step() * recipe.training().batchSize());
        double imagesPerSecond = images / Math.max(1e-9, state.secondsInEpoch());
        double inputImagesPerSecond = loader.imagesPerSecond();
        EpochRecord epoch;
        boolean better;
        try (Learner.Averaged averaged = learner.averaged()) {
            Optional<Validator.Figures> measured = validator.measure(stop);
            // What validation made is not the next epoch's.
            loader.forgetPace();
            if (measured.isEmpty()) {
                return Outcome.STOPPED;
            }
            Validator.Figures validation = measured.get();
            epoch = new EpochRecord(
                    state.epoch() + 1,
                    state.loss(),
                    validation.figures(),
                    validation.classesDecided(),
                    state.skippedSteps(),
                    imagesPerSecond,
                    inputImagesPerSecond);
            better = selection.isBetter(epoch, state.best());
            if (better) {
                network().save(best());
            }
        }
        state = state.afterEpoch(epoch, better);
        listener.epochCompleted(epoch, better, eta(imagesPerSecond));
        return Outcome.COMPLETED;
    }

    private boolean checkpointIsDue() {
        return options.checkpointEvery() != null
                && System.nanoTime() - lastCheckpointNanos
                        >= options.checkpointEvery().toNanos();
    }

    private void checkpoint(TrainingListener listener) throws IOException {
        Path folder = options.workFolder().resolve("checkpoint-" + state.epoch() + "-" + state.step());
        Checkpoint checkpoint = Checkpoint.write(folder, learner, best(), state);
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

    /**
     * Loads the best epoch's weights into the network; to be called when the training is completed. A training of no
     * epochs has the weights that it was begun with.
     */
    public void loadBest() {
        if (recipe.training().epochs() == 0) {
            return;
        }
        if (state.bestEpoch() == null) {
            throw new IllegalStateException("no epoch has been completed, at " + state.position());
        }
        try {
            network().load(best());
        } catch (IOException e) {
            throw new UncheckedIOException("best weights " + best(), e);
        }
    }

    public Network network() {
        return learner.network();
    }

    public Recipe recipe() {
        return recipe;
    }

    public TrainingData data() {
        return data;
    }

    /** What whoever uses the result should know; for people. */
    public List<String> warnings() {
        if (state.best().isPresent()
                && state.best().get().classesDecided() == 1
                && data.classes().size() > 1) {
            return List.of("the network decides every " + (data.task() == Task.SEGMENTATION ? "pixel" : "image")
                    + " of the validation split for one class: it has learned nothing. A lower"
                    + " recipe.optimizer.learningRate or another seed may help.");
        }
        return List.of();
    }

    /** The epoch whose weights are the best so far, counts from 1; 0 where there are none to train. */
    public int bestEpoch() {
        if (recipe.training().epochs() == 0) {
            return 0;
        }
        if (state.bestEpoch() == null) {
            throw new IllegalStateException("no epoch has been completed, at " + state.position());
        }
        return state.bestEpoch();
    }

    /** Index of the class that a single logit speaks for: the recipe's positive class, else the second. */
    public int positiveIndex() {
        return learner.objective().positive();
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
        Schedule.Moment now = moment();
        return Math.max(0, now.epochs() - now.epoch()) * data.drawn().size() / Math.max(1e-9, imagesPerSecond);
    }

    @Override
    public void close() {
        loader.close();
        learner.close();
    }
}
