package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ClassMap;
import io.scanstream.trainer.onnx.OnnxModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a model answers to a split's images, as it will answer scans, gathered as they are scored. */
final class GivenAnswers {
    private final OnnxMetadata metadata;
    private final DecisionRule rule;
    private final List<Given> gathered = new ArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Given(
            double[] probabilities, int decided, @Nullable Double distance) {}

    /**
     * Nothing is gathered yet.
     *
     * @param rule how a classifier decides
     */
    GivenAnswers(OnnxMetadata metadata, DecisionRule rule) {
        this.metadata = metadata;
        this.rule = rule;
    }

    void add(OnnxModel.Scores scores) {
        float[] distances = scores.distances();
        for (int i = 0; i < scores.probabilities().length; i++) {
            gathered.add(given(scores.probabilities()[i], distances == null ? null : (double) distances[i]));
        }
    }

    private Given given(float[] output, @Nullable Double distance) {
        if (metadata.task() == Task.SEGMENTATION) {
            ClassMap map = ClassMap.of(
                    output,
                    metadata.classes().size(),
                    metadata.preprocessing().widthPx(),
                    metadata.preprocessing().heightPx());
            return new Given(map.meanProbabilities(), map.mostFrequent(), null);
        }
        double[] probabilities =
                IntStream.range(0, output.length).mapToDouble(k -> output[k]).toArray();
        return new Given(probabilities, rule.decide(probabilities), distance);
    }

    /** Of those that have one. */
    Distances distances() {
        return new Distances(
                gathered.stream().map(Given::distance).filter(Objects::nonNull).toList());
    }

    boolean isEmpty() {
        return gathered.isEmpty();
    }

    /**
     * How they are distributed.
     *
     * @param threshold of the guard; absent where there is none
     */
    AnswerHistogram histogram(@Nullable Double threshold) {
        AnswerTally tally = new AnswerTally(metadata.classes(), threshold);
        gathered.forEach(given -> tally.add(given.probabilities(), given.decided(), given.distance()));
        return tally.histogram();
    }
}
