package io.scanstream.inference.model;

import ai.onnxruntime.OrtException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
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

    /** Versions that are run alike: at the same place, same task, same input, same size of file. */
    private record Likeness(Provider provider, Task task, Preprocessing input, long onnxBytes) {}

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
    Planned plan(ModelFile file, long onnxBytes, OnnxRuntime.Opened widest, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        if (runtime.settings().tuning().isZero() || widest.provider() == Provider.TENSORRT) {
            // TensorRT would build another engine for each size that is measured.
            return Planned.of(widest, null, allowed);
        }
        Likeness likeness = new Likeness(widest.provider(), model.task(), model.preprocessing(), onnxBytes);
        try {
            Choice choice = choices.get(likeness);
            if (choice == null) {
                choice = measured(file, widest, model, allowed);
                choices.put(likeness, choice);
            }
            BatchSizes batches = allowed.upTo(choice.largestBatch());
            if (choice.variant().equals(widest.variant())) {
                return Planned.of(widest, null, batches);
            }
            OnnxRuntime.Opened best = runtime.open(file, choice.variant(), widest.provider());
            if (best.variant().threads() < widest.variant().threads()) {
                return Planned.of(best, widest, batches);
            }
            widest.session().close();
            return Planned.of(best, null, batches);
        } catch (OrtException | RuntimeException | Error e) {
            widest.session().close();
            throw e;
        }
    }

    private Choice measured(ModelFile file, OnnxRuntime.Opened widest, OnnxMetadata model, BatchSizes allowed)
            throws OrtException {
        Tuning tuning = new Tuning(runtime.environment(), model.preprocessing());
        List<Tuning.Candidate> candidates = new ArrayList<>(List.of(candidate(widest)));
        try {
            List<OnnxRuntime.Variant> variants = runtime.variants(widest.provider());
            for (OnnxRuntime.Variant variant : variants.subList(1, variants.size())) {
                try {
                    candidates.add(candidate(runtime.open(file, variant, widest.provider())));
                } catch (OrtException e) {
                    // A GPU whose memory is short for several sessions at once; the one that is open will do.
                    LOG.warn(
                            "Model {} is not measured with {}: {}",
                            file.version(),
                            variant.at(widest.provider()),
                            e.getMessage());
                }
            }
            List<Tuning.Measured> measured = tuning.measure(
                    candidates, allowed.ladder(), runtime.settings().tuning());
            // The narrowest unless another is clearly faster: it shares the cores best with decoding.
            Tuning.Measured best = measured.get(measured.size() - 1);
            for (int i = measured.size() - 2; i >= 0; i--) {
                best = measured.get(i).beats(best) ? measured.get(i) : best;
            }
            LOG.info(
                    "Measured of model {} on {}: {}. Chosen: {}, {} side by side, up to {} scans in a run.",
                    file.version(),
                    widest.provider(),
                    measured.stream().map(Planner::told).collect(Collectors.joining(", ")),
                    best.candidate().opened().variant().at(widest.provider()),
                    best.candidate().sideBySide() == 1
                            ? "no runs"
                            : best.candidate().sideBySide() + " runs",
                    best.knee());
            return new Choice(best.candidate().opened().variant(), best.knee());
        } finally {
            for (Tuning.Candidate other : candidates.subList(1, candidates.size())) {
                other.opened().session().close();
            }
        }
    }

    private static String told(Tuning.Measured measured) {
        OnnxRuntime.Opened opened = measured.candidate().opened();
        return Math.round(measured.scansPerSecond()) + " scans/s with "
                + opened.variant().at(opened.provider());
    }

    private static Tuning.Candidate candidate(OnnxRuntime.Opened opened) {
        return new Tuning.Candidate(
                opened, Math.max(1, OnnxRuntime.cores() / opened.variant().threads()));
    }
}
