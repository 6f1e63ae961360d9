package io.scanstream.inference.model;

import ai.onnxruntime.OrtException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds how a model runs best here: how many threads a run has, hence how many runs go side by side, and how many scans are
 * in a run. Where several narrow runs are best under load, a scan that comes alone is still best run by all cores: then a
 * second session is kept for it. What was found for one version holds for the next one like it, which then need not be measured while scans wait.
 */
final class Planner {
    private static final Logger LOG = LoggerFactory.getLogger(Planner.class);

    private final OnnxRuntime runtime;
    private final Map<Likeness, Choice> choices = new ConcurrentHashMap<>();

    /** Versions that are run alike: same task, same input, same size of file. */
    private record Likeness(Task task, Preprocessing input, long onnxBytes) {}

    private record Choice(OnnxRuntime.Variant variant, int largestBatch) {}

    /**
     * Sessions and how to run them; the caller's to close.
     *
     * @param alone for a scan that comes alone; absent where {@code opened} is best for it too
     */
    record Planned(OnnxRuntime.Opened opened, OnnxRuntime.@Nullable Opened alone, RunPlan plan) {
        static Planned of(OnnxRuntime.Opened opened, OnnxRuntime.@Nullable Opened alone, BatchSizes batches) {
            int threads = opened.variant().threads();
            int threadsAlone = alone == null ? threads : alone.variant().threads();
            return new Planned(opened, alone, new RunPlan(threads, threadsAlone, batches));
        }

        void close() throws OrtException {
            opened.session().close();
            if (alone != null) {
                alone.session().close();
            }
        }
    }

    Planner(OnnxRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * Chooses.
     *
     * @param widest opened with the first of the variants; this method closes it if it is of no use, or if it throws
     * @param allowed the sizes that memory and settings allow
     */
    Planned plan(Path onnx, long onnxBytes, OnnxRuntime.Opened widest, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        if (runtime.settings().tuning().isZero()) {
            return Planned.of(widest, null, allowed);
        }
        Likeness likeness = new Likeness(model.task(), model.preprocessing(), onnxBytes);
        try {
            Choice choice = choices.get(likeness);
            if (choice == null) {
                choice = measured(onnx, widest, model, allowed);
                choices.put(likeness, choice);
            }
            BatchSizes batches = allowed.upTo(choice.largestBatch());
            if (choice.variant().equals(widest.variant())) {
                return Planned.of(widest, null, batches);
            }
            OnnxRuntime.Opened best = runtime.open(onnx, choice.variant());
            if (best.variant().threads() < widest.variant().threads()) {
                return Planned.of(best, widest, batches);
            }
            widest.session().close();
            return Planned.of(best, null, batches);
        } catch (OrtException | RuntimeException e) {
            widest.session().close();
            throw e;
        }
    }

    private Choice measured(Path onnx, OnnxRuntime.Opened widest, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        Tuning tuning = new Tuning(runtime.environment(), model.preprocessing());
        List<OnnxRuntime.Variant> variants = runtime.variants();
        Duration each = runtime.settings().tuning().dividedBy(variants.size());
        OnnxRuntime.Variant best = widest.variant();
        Tuning.Measured fastest = measure(tuning, widest, allowed, each);
        for (OnnxRuntime.Variant variant : variants.subList(1, variants.size())) {
            OnnxRuntime.Opened other = runtime.open(onnx, variant);
            try {
                Tuning.Measured rate = measure(tuning, other, allowed, each);
                if (rate.beats(fastest)) {
                    best = variant;
                    fastest = rate;
                }
            } finally {
                other.session().close();
            }
        }
        LOG.info(
                "Measured: {} for each of {} runs side by side, up to {} scans in each, {} scans/s on {}.",
                best,
                sideBySide(best),
                fastest.knee(),
                Math.round(fastest.scansPerSecond()),
                widest.device());
        return new Choice(best, fastest.knee());
    }

    private static Tuning.Measured measure(
            Tuning tuning, OnnxRuntime.Opened opened, BatchSizes allowed, Duration within) throws OrtException {
        return tuning.measure(opened.session(), sideBySide(opened.variant()), allowed.ladder(), within);
    }

    private static int sideBySide(OnnxRuntime.Variant variant) {
        return Math.max(1, OnnxRuntime.cores() / variant.threads());
    }
}
