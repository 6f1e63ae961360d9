package io.scanstream.inference.explanation;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.inference.explanation.Heatmap.Method;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.scoring.Scorer;
import io.scanstream.inference.scoring.Urgency;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes heat maps: from the model's own output {@code maps} where it has one, else by covering parts of the scan; of a segmenter,
 * from its probabilities. Everything goes through the scorer at {@link Urgency#LEISURE}, and few scans at a time, so that a
 * score waits for one small run at most. Thread-safe.
 */
public final class Explainer {
    /** Columns and rows of an occlusion map. */
    static final int GRID = 12;

    /** Covered scans of one map that are under way at once. */
    private static final int AT_ONCE = 4;

    private final Scorer scorer;
    private final Duration within;
    private final int most;
    private final AtomicInteger underWay = new AtomicInteger();

    /**
     * An explainer.
     *
     * @param within how long one map may take, waiting for scores to go first included; above 0
     * @param most maps under way at once
     */
    public Explainer(Scorer scorer, Duration within, int most) {
        if (within.isZero() || within.isNegative() || most < 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.inference: heatmap-within " + within + " is not above 0, or heatmaps " + most
                            + " below 1.");
        }
        this.scorer = scorer;
        this.within = within;
        this.most = most;
    }

    /**
     * Makes a map. Returns at once.
     *
     * @param model is released by the explainer, whatever comes of it
     * @param bytes the encoded image
     * @param label the class; null: the one that is decided for, of a segmenter its positive class or else its last one
     * @param wanted asked before every run
     * @return or fails as a score does, with {@code INVALID_REQUEST} for a class that the model does not know, with {@code
     *     OVERLOADED} when too many are under way, or when scores left no time for it
     */
    public CompletableFuture<Heatmap> explain(
            LoadedModel model, byte[] bytes, @Nullable String label, BooleanSupplier wanted) {
        CompletableFuture<Heatmap> map;
        if (underWay.incrementAndGet() > most) {
            map = CompletableFuture.failedFuture(new ScanstreamException(
                    ErrorCode.OVERLOADED, most + " heat maps are being made already. Try again in some seconds."));
        } else {
            map = begin(model, bytes, label, wanted);
        }
        return map.whenComplete((made, failure) -> {
            underWay.decrementAndGet();
            model.release();
        });
    }

    private CompletableFuture<Heatmap> begin(
            LoadedModel model, byte[] bytes, @Nullable String label, BooleanSupplier wanted) {
        if (label != null && !model.classes().contains(label)) {
            return CompletableFuture.failedFuture(new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "label: model " + model.version() + " knows " + model.classes() + ", not '" + label + "'."));
        }
        long until = System.nanoTime() + within.toNanos();
        BooleanSupplier stillWanted = () -> wanted.getAsBoolean() && System.nanoTime() - until < 0;
        CompletableFuture<Heatmap> map = scorer.see(
                        model.acquire(), bytes, outputs(model), Urgency.LEISURE, stillWanted)
                .thenCompose(seen -> map(model, seen, label, stillWanted));
        return map.exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                System.nanoTime() - until < 0
                        ? failure
                        : new ScanstreamException(
                                ErrorCode.OVERLOADED,
                                "the heat map was not done within " + within.toMillis() + " ms; scores go first.",
                                failure)));
    }

    private static Set<String> outputs(LoadedModel model) {
        if (model.card().task() == Task.SEGMENTATION) {
            return Set.of(OnnxMetadata.OUTPUT_PROBABILITIES);
        }
        return model.outputShapes().containsKey(OnnxMetadata.OUTPUT_MAPS)
                ? Set.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_MAPS)
                : Set.of(OnnxMetadata.OUTPUT_PROBABILITIES, OnnxMetadata.OUTPUT_LOGITS);
    }

    private CompletableFuture<Heatmap> map(
            LoadedModel model, Scorer.Seen seen, @Nullable String label, BooleanSupplier wanted) {
        float[] probabilities = output(seen.outputs(), OnnxMetadata.OUTPUT_PROBABILITIES);
        if (model.card().task() == Task.SEGMENTATION) {
            return CompletableFuture.completedFuture(segmented(model, seen, label, probabilities));
        }
        String shown = label == null ? decided(model, probabilities) : label;
        Evidence evidence = new Evidence(model.classes().indexOf(shown), positive(model));
        float[] maps = seen.outputs().get(OnnxMetadata.OUTPUT_MAPS);
        if (maps == null) {
            return occluded(model, seen, shown, evidence, wanted);
        }
        long[] shape = Objects.requireNonNull(model.outputShapes().get(OnnxMetadata.OUTPUT_MAPS));
        int rows = (int) shape[2];
        int columns = (int) shape[3];
        float[] values = evidence.maps(maps, (int) shape[1]);
        return CompletableFuture.completedFuture(new Heatmap(
                model.version(), shown, Method.CLASS_ACTIVATION, columns, rows, values, model.input(), seen.input()));
    }

    private static String decided(LoadedModel model, float[] probabilities) {
        double[] values = new double[probabilities.length];
        for (int k = 0; k < values.length; k++) {
            values[k] = probabilities[k];
        }
        return model.card().decide(values);
    }

    private static int positive(LoadedModel model) {
        String named = model.card().positiveClass();
        return named == null ? 1 : model.classes().indexOf(named);
    }

    private static Heatmap segmented(
            LoadedModel model, Scorer.Seen seen, @Nullable String label, float[] probabilities) {
        String positive = model.card().positiveClass();
        String last = model.classes().get(model.classes().size() - 1);
        String shown = label != null ? label : positive != null ? positive : last;
        int pixels = model.input().widthPx() * model.input().heightPx();
        float[] values = new float[pixels];
        System.arraycopy(probabilities, model.classes().indexOf(shown) * pixels, values, 0, pixels);
        return new Heatmap(
                model.version(),
                shown,
                Method.SEGMENTATION,
                model.input().widthPx(),
                model.input().heightPx(),
                values,
                model.input(),
                seen.input());
    }

    private CompletableFuture<Heatmap> occluded(
            LoadedModel model, Scorer.Seen seen, String label, Evidence evidence, BooleanSupplier wanted) {
        int side =
                Math.min(GRID, Math.min(model.input().widthPx(), model.input().heightPx()));
        Occlusion occlusion = new Occlusion(model.input(), side);
        float whole = evidence.of(output(seen.outputs(), OnnxMetadata.OUTPUT_LOGITS));
        float[] falls = new float[occlusion.count()];
        CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
        for (int first = 0; first < falls.length; first += AT_ONCE) {
            int from = first;
            done = done.thenCompose(
                    nothing -> few(model, seen.input(), occlusion, evidence, whole, falls, from, wanted));
        }
        return done.thenApply(nothing ->
                new Heatmap(model.version(), label, Method.OCCLUSION, side, side, falls, model.input(), seen.input()));
    }

    private CompletableFuture<Void> few(
            LoadedModel model,
            byte[] scan,
            Occlusion occlusion,
            Evidence evidence,
            float whole,
            float[] falls,
            int from,
            BooleanSupplier wanted) {
        CompletableFuture<?>[] few = new CompletableFuture<?>[Math.min(AT_ONCE, falls.length - from)];
        for (int i = 0; i < few.length; i++) {
            int place = from + i;
            few[i] = scorer.infer(
                            model.acquire(),
                            occlusion.covered(scan, place),
                            Set.of(OnnxMetadata.OUTPUT_LOGITS),
                            Urgency.LEISURE,
                            wanted)
                    .thenAccept(
                            outputs -> falls[place] = whole - evidence.of(output(outputs, OnnxMetadata.OUTPUT_LOGITS)));
        }
        return CompletableFuture.allOf(few);
    }

    private static float[] output(Map<String, float[]> outputs, String name) {
        return Objects.requireNonNull(outputs.get(name), name);
    }
}
