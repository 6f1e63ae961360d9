package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Augmentation;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the network of a recipe. */
public final class Blueprints {
    private static final int ANY_OUTPUTS = 2;

    /**
     * The network that a recipe describes, for a number of classes.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} naming what is wrong and where: an unknown architecture, a field
     *     of a layer, layers whose shapes do not fit together or not to the parts of images that training cuts out
     */
    public static Blueprint of(Recipe recipe, int classes) {
        requireFitting(recipe);
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

    /**
     * As {@link #of(Recipe, int)}, for data of a kind.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE} also when the network gives logits for images and the data has
     *     masks, or the other way round
     */
    public static Blueprint of(Recipe recipe, int classes, Task task) {
        Blueprint blueprint = of(recipe, classes);
        boolean masks = task == Task.SEGMENTATION;
        if (blueprint.segments() != masks) {
            throw new InvalidRecipeException(List.of(new Problem(
                    "recipe.network",
                    masks
                            ? "gives logits for an image, but the data has masks. Maybe a U-Net, or layers that end in a"
                                    + " convolution with kernel 1?"
                            : "gives logits for every pixel, but the data has a class for each image. Maybe a ResNet, or"
                                    + " layers that end in a linear one?")));
        }
        return blueprint;
    }

    /**
     * Requires that the shapes of the layers fit together, whatever the number of classes.
     *
     * @throws ScanstreamException {@code INVALID_RECIPE}
     */
    static void requireFitting(Recipe recipe) {
        Recipe.Data data = recipe.data();
        Map<String, Shape> weights = weights(recipe, data.heightPx(), data.widthPx());
        for (int i = 0; i < recipe.augmentation().size(); i++) {
            if (recipe.augmentation().get(i) instanceof Augmentation.RandomCrop crop && crop.sizePx() > 0) {
                requireFitting(recipe, "recipe.augmentation[" + i + "].sizePx", crop.sizePx(), weights);
            }
        }
    }

    private static void requireFitting(Recipe recipe, String path, int sidePx, Map<String, Shape> weights) {
        Map<String, Shape> cropped;
        try {
            cropped = weights(recipe, sidePx, sidePx);
        } catch (ScanstreamException e) {
            throw new InvalidRecipeException(
                    List.of(new Problem(path, "the network cannot take " + sidePx + " pixels: " + e.getMessage())));
        }
        weights.forEach((name, shape) -> {
            Shape there = cropped.get(name);
            if (!shape.equals(there)) {
                throw new InvalidRecipeException(List.of(new Problem(
                        path,
                        "the network's " + name + " is " + shape + " for whole images, but " + there + " for " + sidePx
                                + " pixels. A global pooling before the linear layers takes both.")));
            }
        });
    }

    /** Shapes of the parameters by name, for images of a size. */
    private static Map<String, Shape> weights(Recipe recipe, int heightPx, int widthPx) {
        Sequential body = new Sequential(null, layers(recipe.network()));
        Site top = new Site("", new Shape(recipe.data().channels(), heightPx, widthPx), ANY_OUTPUTS);
        body.outputShape(top);
        Map<String, Shape> weights = new LinkedHashMap<>();
        body.parameters(top).forEach(parameter -> weights.put(parameter.name(), parameter.shape()));
        return weights;
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
