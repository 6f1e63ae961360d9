package io.scanstream.trainer.network;

import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.Recipe;
import java.util.List;

/** Reads the network of a recipe. */
public final class Blueprints {

    /**
     * The network that a recipe describes, for a number of classes.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} naming what is wrong and where: an unknown architecture, a field
     *     of a layer, layers whose shapes do not fit together
     */
    public static Blueprint of(Recipe recipe, int classes) {
        int outputs = recipe.loss().outputs(classes);
        Recipe.Data data = recipe.data();
        return new Blueprint(
                data.widthPx(),
                data.heightPx(),
                data.channels(),
                data.mean(),
                data.std(),
                layers(recipe.network()),
                outputs,
                View.of(recipe.testTimeAugmentation()));
    }

    private static List<Layer> layers(Recipe.Network network) {
        String architecture = network.architecture();
        return architecture == null
                ? LayerReader.read("recipe.network.layers", network.layers())
                : Architecture.read(architecture, network.parameters())
                        .layers(LayerReader.read("recipe.network.head", network.head()));
    }

    private Blueprints() {}
}
