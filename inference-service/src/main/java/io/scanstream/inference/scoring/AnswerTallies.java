package io.scanstream.inference.scoring;

import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.inference.model.LoadedModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Counts what each version answers, until somebody takes the counts. Thread-safe. */
public final class AnswerTallies {
    private final Map<ModelVersion, AnswerTally> tallies = new ConcurrentHashMap<>();

    /** Counts a score. */
    public void scored(LoadedModel model, Score score) {
        List<String> classes = model.classes();
        double[] probabilities = classes.stream()
                .mapToDouble(label -> score.probabilities().getOrDefault(label, 0.0))
                .toArray();
        int decided = classes.indexOf(score.decision());
        @Nullable
        Double distance = score.novelty() == null ? null : score.novelty().distance();
        // Within compute, so that no tally is added to that was taken meanwhile.
        tallies.compute(model.version(), (version, known) -> {
            AnswerTally tally = known == null ? tally(model) : known;
            tally.add(probabilities, decided, distance);
            return tally;
        });
    }

    private static AnswerTally tally(LoadedModel model) {
        @Nullable NoveltyGuard guard = model.card().noveltyGuard();
        return new AnswerTally(model.classes(), guard == null ? null : guard.threshold());
    }

    /** What was counted since the counts were taken last, of versions that have answered anything. */
    public Map<ModelVersion, AnswerHistogram> take() {
        Map<ModelVersion, AnswerHistogram> taken = new LinkedHashMap<>();
        for (ModelVersion version : List.copyOf(tallies.keySet())) {
            AnswerTally tally = tallies.remove(version);
            if (tally != null) {
                taken.put(version, tally.histogram());
            }
        }
        return taken;
    }
}
