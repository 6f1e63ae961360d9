package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.scanstream.contracts.model.Task;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingCheckTest {
    private static final String HEAD = """
            name: small
            about: a test's recipe
            data: {widthPx: 32, heightPx: 32}
            network: {architecture: resnet18}
            """;
    private static final String ADAM = "optimizer: {type: adam, learningRate: 0.001}\n";
    private static final String TRAINING = "training: {epochs: 3, batchSize: 8}\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    optimizer: {type: sgd, learningRate: 1, nesterov: true} | recipe.optimizer.nesterov
                    loss: {type: crossEntropy, balanced: true, classWeights: {a: 2}} | recipe.loss
                    loss: {type: focal, classWeights: {a: -1}} | recipe.loss.classWeights.a
                    loss: {type: bceWithLogits, balanced: true, positiveWeight: 2} | recipe.loss
                    loss: {type: combined, parts: []} | recipe.loss.parts
                    loss: {type: combined, parts: [{loss: {type: bceWithLogits}}, {loss: {type: focal}}]} | recipe.loss.parts[1].loss
                    loss: {type: combined, parts: [{loss: {type: combined, parts: []}}]} | recipe.loss.parts[0].loss
                    training: {epochs: 3, batchSize: 8, oversampling: {balanced: true, factors: {a: 2}}} | recipe.training.oversampling
                    training: {epochs: 3, batchSize: 8, oversampling: {factors: {a: 0}}} | recipe.training.oversampling.factors.a
                    training: {epochs: 3, batchSize: 8, averageDecay: 1} | recipe.training.averageDecay
                    training: {epochs: 3, batchSize: 8, earlyStopping: {minDelta: 0.1}} | recipe.training.earlyStopping.patience
                    """)
    void namesThePathOfAContradiction(String section, String path) {
        InvalidRecipeException thrown = catchThrowableOfType(InvalidRecipeException.class, () -> read(section));

        assertThat(thrown.problems()).extracting(Problem::path).containsExactly(path);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    CLASSIFICATION | loss: {type: dice} | recipe.loss
                    CLASSIFICATION | loss: {type: crossEntropy, classWeights: {melanom: 2}} | recipe.loss.classWeights.melanom
                    CLASSIFICATION | training: {epochs: 3, batchSize: 8, bestMetric: dice} | recipe.training.bestMetric
                    CLASSIFICATION | training: {epochs: 3, batchSize: 8, oversampling: {factors: {c: 2}}} | recipe.training.oversampling.factors.c
                    SEGMENTATION | training: {epochs: 3, batchSize: 8, oversampling: {balanced: true}} | recipe.training.oversampling
                    SEGMENTATION | training: {epochs: 3, batchSize: 8, earlyStopping: {patience: 1, metric: auc}} | recipe.training.earlyStopping.metric
                    SEGMENTATION | loss: {type: combined, parts: [{loss: {type: focal, balanced: true}}, {loss: {type: dice}}]} | recipe.loss.parts[0].loss.balanced
                    """)
    void namesThePathOfWhatTheDataContradicts(Task task, String section, String path) {
        List<Problem> problems = new ArrayList<>();

        new TrainingCheck(read(section), problems).against(List.of("melanoma", "nevus"), task);

        assertThat(problems).extracting(Problem::path).containsExactly(path);
    }

    @Test
    void oneLogitIsForTwoClasses() {
        List<Problem> problems = new ArrayList<>();

        new TrainingCheck(read("loss: {type: combined, parts: [{loss: {type: bceWithLogits}}]}"), problems)
                .against(List.of("a", "b", "c"), Task.CLASSIFICATION);

        assertThat(problems).extracting(Problem::path).containsExactly("recipe.loss.parts[0].loss");
    }

    @Test
    void theSmallestHeadOfTheLossesCounts() {
        Loss loss =
                read("loss: {type: combined, parts: [{loss: {type: bceWithLogits}, weight: 0.5}, {loss: {type: dice}}]}")
                        .loss();

        assertThat(loss.outputs(2)).isEqualTo(1);
        assertThat(new Loss.Focal(2, Map.of(), false).outputs(3)).isEqualTo(3);
    }

    private static Recipe read(String section) {
        String yaml = HEAD
                + (section.startsWith("optimizer") ? "" : ADAM)
                + (section.startsWith("training") ? "" : TRAINING)
                + section + "\n";
        return RecipeReader.read(yaml.getBytes(StandardCharsets.UTF_8));
    }
}
