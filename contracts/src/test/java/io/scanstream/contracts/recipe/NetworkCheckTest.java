package io.scanstream.contracts.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkCheckTest {
    private static final String RECIPE = """
            name: small
            about: a test's recipe
            data: {widthPx: 32, heightPx: 32}
            network: {architecture: resnet18, weights: resnet18-imagenet, freeze: [allButHead]}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 3, batchSize: 8}
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    network | {layers: [{type: linear}], head: [{type: linear}]} | recipe.network.head
                    network | {layers: [{type: linear}], parameters: {depth: 3}} | recipe.network.parameters
                    network | {architecture: resnet18, layers: [{type: linear}]} | recipe.network
                    network | {architecture: resnet18, freeze: ['layer1.*']} | recipe.network.freeze
                    network.weights | none | recipe.training.epochs
                    training.unfreeze | [{epoch: 4, match: 'layer4.*'}] | recipe.training.unfreeze[0].epoch
                    training.unfreeze | [{epoch: 0, match: 'layer4.*'}] | recipe.training.unfreeze[0].epoch
                    """)
    void reportsContradictions(String path, String value, String expected) {
        String epochs = expected.equals("recipe.training.epochs") ? "0" : "3";
        InvalidRecipeException e = catchThrowableOfType(
                InvalidRecipeException.class, () -> read(Map.of(path, value, "training.epochs", epochs)));
        assertThat(e.problems()).extracting(Problem::path).containsExactly(expected);
    }

    @Test
    void unfreezingNeedsSomethingFrozen() {
        InvalidRecipeException e = catchThrowableOfType(
                InvalidRecipeException.class,
                () -> read(Map.of("network.freeze", "[]", "training.unfreeze", "[{epoch: 1, match: fc}]")));
        assertThat(e.problems())
                .containsExactly(
                        new Problem("recipe.training.unfreeze[0]", "nothing is frozen: network.freeze is empty."));
    }

    @Test
    void noWeightsIsSaidByNameAndUnfreezes() {
        assertThat(read(Map.of()).network().pretrained()).contains("resnet18-imagenet");
        assertThat(read(Map.of("network.weights", "none")).network().pretrained())
                .isEmpty();
    }

    private static Recipe read(Map<String, String> replaced) {
        return RecipeReader.read(RECIPE.getBytes(StandardCharsets.UTF_8), replaced);
    }
}
