package io.scanstream.inference.model;

import ai.onnxruntime.OrtException;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds how a model runs best here: how many threads a run has, hence how many runs go side by side, and how many scans are
 * in a run. What was found for one version holds for the next one like it, which then need not be measured while scans wait.
 */
final class Planner {
    private static final Logger LOG = LoggerFactory.getLogger(Planner.class);

    private final OnnxRuntime runtime;
    private final Map<Likeness, Choice> choices = new ConcurrentHashMap<>();

    /** Versions that are run alike: same task, same input, same size of file. */
    private record Likeness(Task task, Preprocessing input, long onnxBytes) {}

    private record Choice(OnnxRuntime.Variant variant, int largestBatch) {}

    /**
     * A session and how to run it.
     *
     * @param opened the caller's to close
     */
    record Planned(OnnxRuntime.Opened opened, RunPlan plan) {}

    Planner(OnnxRuntime runtime) {
        this.runtime = runtime;
    }

    /** The variant to open a model's first session with. */
    OnnxRuntime.Variant first(ModelCard card, long onnxBytes) {
        Choice choice = choices.get(likeness(card.task(), card.preprocessing(), onnxBytes));
        return choice == null ? runtime.variants().get(0) : choice.variant();
    }

    /**
     * Chooses.
     *
     * @param first opened with {@link #first}; this method closes it if it is not the best, or if it throws
     * @param allowed the sizes that memory and settings allow
     */
    Planned plan(Path onnx, long onnxBytes, OnnxRuntime.Opened first, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        Likeness likeness = likeness(model.task(), model.preprocessing(), onnxBytes);
        Choice known = choices.get(likeness);
        if (known != null) {
            return planned(first, allowed.upTo(known.largestBatch()));
        }
        if (runtime.settings().tuning().isZero()) {
            return planned(first, allowed);
        }
        Planned best = measured(onnx, first, model, allowed);
        choices.put(
                likeness,
                new Choice(best.opened().variant(), best.plan().batches().largest()));
        return best;
    }

    private Planned measured(Path onnx, OnnxRuntime.Opened first, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        Tuning tuning = new Tuning(runtime.environment(), model.preprocessing());
        List<OnnxRuntime.Variant> variants = runtime.variants();
        Duration each = runtime.settings().tuning().dividedBy(variants.size());
        OnnxRuntime.Opened best = first;
        try {
            Tuning.Measured fastest = measure(tuning, first, allowed, each);
            for (OnnxRuntime.Variant variant : variants.subList(1, variants.size())) {
                OnnxRuntime.Opened other = runtime.open(onnx, variant);
                OnnxRuntime.Opened worse = other;
                try {
                    Tuning.Measured rate = measure(tuning, other, allowed, each);
                    if (rate.beats(fastest)) {
                        worse = best;
                        best = other;
                        fastest = rate;
                    }
                } finally {
                    worse.session().close();
                }
            }
            LOG.info(
                    "Measured: {} for each of {} runs side by side, up to {} scans in each, {} scans/s on {}.",
                    best.variant(),
                    sideBySide(best.variant()),
                    fastest.knee(),
                    Math.round(fastest.scansPerSecond()),
                    best.device());
            return planned(best, allowed.upTo(fastest.knee()));
        } catch (OrtException | RuntimeException e) {
            best.session().close();
            throw e;
        }
    }

    private static Tuning.Measured measure(
            Tuning tuning, OnnxRuntime.Opened opened, BatchSizes allowed, Duration within) throws OrtException {
        return tuning.measure(opened.session(), sideBySide(opened.variant()), allowed.ladder(), within);
    }

    private static int sideBySide(OnnxRuntime.Variant variant) {
        return Math.max(1, OnnxRuntime.cores() / variant.threads());
    }

    private static Planned planned(OnnxRuntime.Opened opened, BatchSizes batches) {
        return new Planned(opened, new RunPlan(opened.variant().threads(), batches));
    }

    private static Likeness likeness(Task task, Preprocessing input, long onnxBytes) {
        return new Likeness(task, input, onnxBytes);
    }
}
