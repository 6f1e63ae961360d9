package io.scanstream.trainer.publish;

import com.fasterxml.jackson.core.type.TypeReference;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.job.Announcements;
import io.scanstream.trainer.job.Claim;
import io.scanstream.trainer.job.FaultPoint;
import io.scanstream.trainer.job.Patience;
import io.scanstream.trainer.tensorboard.EventFile;
import io.scanstream.trainer.training.Checkpoint;
import io.scanstream.trainer.training.EpochRecord;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;

/** Tells of a training as it goes, and keeps its checkpoints. */
final class TrainingReporter implements TrainingListener {
    private static final Logger LOG = Logger.getLogger(TrainingReporter.class);
    private static final String HISTORY = "events.json";

    /** What the names of an event's validation figures begin with. */
    private static final String VALIDATION = "validation";

    private static final String INPUT_PACE = "inputImagesPerSecond";

    private static final TypeReference<List<TrainingEvent.EpochCompleted>> EPOCHS = new TypeReference<>() {};

    private final Claim claim;
    private final int epochs;
    private final StopSignal stop;
    private final List<TrainingEvent.EpochCompleted> history;
    private final Announcements announcements;
    private final Patience patience;
    private final Clock clock;

    /**
     * Reports one slice.
     *
     * @param history the epochs before it
     */
    TrainingReporter(
            Claim claim,
            int epochs,
            StopSignal stop,
            List<TrainingEvent.EpochCompleted> history,
            Announcements announcements,
            Patience patience,
            Clock clock) {
        this.claim = claim;
        this.epochs = epochs;
        this.stop = stop;
        this.history = new ArrayList<>(history);
        this.announcements = announcements;
        this.patience = patience;
        this.clock = clock;
    }

    @Override
    public void progressed(Progress progress) {
        announcements.event(new TrainingEvent.TrainingProgressed(
                claim.id(),
                progress.epoch(),
                progress.epochs(),
                progress.step(),
                progress.stepsPerEpoch(),
                progress.loss(),
                progress.imagesPerSecond(),
                progress.etaSeconds(),
                clock.instant()));
        FaultPoint.MID_EPOCH.reached();
    }

    @Override
    public void epochCompleted(EpochRecord epoch, boolean best, double etaSeconds) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        epoch.validation()
                .forEach((name, figure) -> metrics.put(TrainingEvent.EpochCompleted.onValidation(name), figure));
        if (epoch.skippedSteps() > 0) {
            metrics.put("skippedSteps", (double) epoch.skippedSteps());
        }
        metrics.put(INPUT_PACE, epoch.inputImagesPerSecond());
        TrainingEvent.EpochCompleted event = new TrainingEvent.EpochCompleted(
                claim.id(),
                epoch.epoch(),
                epochs,
                epoch.trainLoss(),
                metrics,
                best,
                epoch.imagesPerSecond(),
                etaSeconds,
                clock.instant());
        history.add(event);
        announcements.event(event);
    }

    /**
     * Within a slice a store that is away costs this checkpoint, and training goes on: the next one is due with the epoch.
     * The one that a stop leaves is what the next owner goes on from, so it is waited for.
     */
    @Override
    public void checkpointed(Checkpoint checkpoint) {
        claim.checkStillOurs();
        if (stop.requested()) {
            patience.insist(claim, () -> keep(checkpoint));
            return;
        }
        try {
            keep(checkpoint);
        } catch (ScanstreamException e) {
            if (!e.code().retryable()) {
                throw e;
            }
            LOG.warnf("job %s: a checkpoint is not kept: %s", claim.id(), e.getMessage());
            announcements.event(new TrainingEvent.TrainingDelayed(
                    claim.id(), e.code(), "a checkpoint is not kept: " + e.getMessage(), clock.instant()));
        }
    }

    /** The events go with the checkpoint: the history that a job has is then the one that its journal names. */
    private boolean keep(Checkpoint checkpoint) {
        Path events = checkpoint.folder().resolve(HISTORY);
        try {
            try {
                Files.write(events, Json.bytes(history, EPOCHS));
                claim.checkpoint(checkpoint.folder(), position(checkpoint.state()), history);
                EventFile curves = curves();
                claim.keepCompanion(ModelPackage.TENSORBOARD + "/" + curves.name(), curves.bytes());
            } finally {
                Files.deleteIfExists(events);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint in " + checkpoint.folder(), e);
        }
        return true;
    }

    /** The curves from the first epoch on; another owner's file of them has the same name. */
    private EventFile curves() {
        EventFile curves = new EventFile();
        for (TrainingEvent.EpochCompleted epoch : history) {
            Map<String, Double> validation = new LinkedHashMap<>();
            epoch.metrics().forEach((name, value) -> {
                if (name.startsWith(VALIDATION)) {
                    String figure = name.substring(VALIDATION.length());
                    validation.put(figure.substring(0, 1).toLowerCase(Locale.ROOT) + figure.substring(1), value);
                }
            });
            Map<String, Double> paces = new LinkedHashMap<>();
            paces.put("train", epoch.imagesPerSecond());
            paces.put("input", epoch.metrics().getOrDefault(INPUT_PACE, Double.NaN));
            curves.add(epoch.epoch(), epoch.trainLoss(), validation, paces, epoch.at());
        }
        return curves;
    }

    /** The epochs so far, those before this slice included. */
    List<TrainingEvent.EpochCompleted> history() {
        return List.copyOf(history);
    }

    /** The events of the epochs that a downloaded checkpoint contains. */
    static List<TrainingEvent.EpochCompleted> history(Path checkpoint) throws IOException {
        return Json.read(Files.readAllBytes(checkpoint.resolve(HISTORY)), EPOCHS);
    }

    private String position(TrainingState state) {
        return state.step() == 0
                ? state.epoch() + " of " + epochs + " epochs"
                : "epoch " + (state.epoch() + 1) + " of " + epochs + ", step " + state.step();
    }
}
