package io.scanstream.trainer.network;

import io.scanstream.contracts.ErrorCode;
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
                layers(recipe.network(), outputs),
                outputs);
    }

    private static List<Layer> layers(Recipe.Network network, int outputs) {
        String architecture = network.architecture();
        if (architecture == null) {
            return LayerReader.read(network.layers(), outputs);
        }
        if (!architecture.equals("resnet18")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE,
                    "recipe.network.architecture: '" + architecture + "' is not known. Known: resnet18.");
        }
        if (!network.parameters().isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_RECIPE,
                    "recipe.network.parameters: resnet18 has none, found "
                            + network.parameters().keySet() + ".");
        }
        return Architectures.resnet18(outputs);
    }

    private Blueprints() {}
}
