package io.scanstream.trainer.network;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.RecipeSchema;
import io.scanstream.contracts.recipe.RecipeStructure;
import io.scanstream.contracts.recipe.Setting;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A known network as a function from its parameters to layers; the components of each record are what a recipe can say
 * under {@code network.parameters}. Where torchvision has the network, names, shapes and logits are torchvision's.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Architecture.ResNet18.class, name = "resnet18"),
    @JsonSubTypes.Type(value = Architecture.ResNet34.class, name = "resnet34"),
    @JsonSubTypes.Type(value = Architecture.ResNet50.class, name = "resnet50"),
    @JsonSubTypes.Type(value = Architecture.ResNet34Slim.class, name = "resnet34-slim"),
    @JsonSubTypes.Type(value = Architecture.Vgg16.class, name = "vgg16"),
    @JsonSubTypes.Type(value = Architecture.Vgg16Bn.class, name = "vgg16-bn"),
    @JsonSubTypes.Type(value = Architecture.EfficientNetB0.class, name = "efficientnet-b0"),
    @JsonSubTypes.Type(value = Architecture.UNet.class, name = "unet")
})
public sealed interface Architecture {
    /** Of {@code network.parameters}, with the architecture's name as {@code type}. */
    JsonNode SCHEMA = RecipeSchema.ofFamily(Architecture.class);

    /**
     * The network's layers.
     *
     * @param head takes the place of the last layers, those that know the classes; empty, they are the architecture's own
     */
    List<Layer> layers(List<Layer> head);

    /** ResNet-18 (He et al. 2016), {@code torchvision.models.resnet18}. */
    record ResNet18() implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return ResNets.basic(List.of(2, 2, 2, 2), head);
        }
    }

    /** ResNet-34 (He et al. 2016), {@code torchvision.models.resnet34}. */
    record ResNet34() implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return ResNets.basic(List.of(3, 4, 6, 3), head);
        }
    }

    /** ResNet-50 (He et al. 2016, stride in the 3×3 convolution), {@code torchvision.models.resnet50}. */
    record ResNet50() implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return ResNets.bottleneck(List.of(3, 4, 6, 3), head);
        }
    }

    /**
     * ResNet-34 with at most 128 channels: stages of 64, 64, 128 and 128, convolutions with bias, the map halved where
     * the channels double.
     */
    record ResNet34Slim() implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return ResNets.slim34(head);
        }
    }

    /** VGG-16 (Simonyan and Zisserman 2015), {@code torchvision.models.vgg16}. */
    record Vgg16(
            @Setting(value = "Side of the map before the linear layers, in pixels.", fallback = "7", min = 1)
            int poolSide,

            @Setting(value = "Rate of the dropout between the linear layers.", fallback = "0.5", min = 0, below = 1)
            double dropout)
            implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return Vgg.layers(false, poolSide, dropout, head);
        }
    }

    /** VGG-16 with a batch norm after each convolution, {@code torchvision.models.vgg16_bn}. */
    record Vgg16Bn(
            @Setting(value = "Side of the map before the linear layers, in pixels.", fallback = "7", min = 1)
            int poolSide,

            @Setting(value = "Rate of the dropout between the linear layers.", fallback = "0.5", min = 0, below = 1)
            double dropout)
            implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return Vgg.layers(true, poolSide, dropout, head);
        }
    }

    /** EfficientNet-B0 (Tan and Le 2019), {@code torchvision.models.efficientnet_b0}. */
    record EfficientNetB0(
            @Setting(value = "Rate of the dropout before the last layer.", fallback = "0.2", min = 0, below = 1)
            double dropout,

            @Setting(
                    value = "Stochastic depth of the last block; from 0 at the first it grows evenly.",
                    fallback = "0.2",
                    min = 0,
                    below = 1)
            double stochasticDepth)
            implements Architecture {
        @Override
        public List<Layer> layers(List<Layer> head) {
            return EfficientNet.b0(dropout, stochasticDepth, head);
        }
    }

    /**
     * U-Net (Ronneberger et al. 2015) with padded convolutions: from {@code [C, H, W]} to logits {@code [K, H, W]}. Both
     * sides of the image have to divide by two to the power of the depth.
     */
    record UNet(
            @Setting(value = "Channels at full size; each level below has twice as many.", fallback = "32", min = 1)
            int width,

            @Setting(value = "How many times the map is halved.", fallback = "4", min = 1, max = 7)
            int depth,

            @Setting(value = "After each convolution: batch, group (of up to 8 channels) or none.", fallback = "batch")
            Norm norm,

            @Setting(value = "The way up: transposed (convolution), nearest or bilinear.", fallback = "transposed")
            Up up,

            @Setting(
                    value = "Rate of the dropout of whole channels at the lowest level.",
                    fallback = "0",
                    min = 0,
                    below = 1)
            double dropout)
            implements Architecture {

        /** What follows each convolution. */
        public enum Norm {
            @JsonProperty("batch")
            BATCH,
            @JsonProperty("group")
            GROUP,
            @JsonProperty("none")
            NONE
        }

        /** How the map is made larger. */
        public enum Up {
            @JsonProperty("transposed")
            TRANSPOSED,
            @JsonProperty("nearest")
            NEAREST,
            @JsonProperty("bilinear")
            BILINEAR
        }

        @Override
        public List<Layer> layers(List<Layer> head) {
            return UNets.layers(this, head);
        }
    }

    /** The names that a recipe can say. */
    static List<String> names() {
        return Arrays.stream(
                        Architecture.class.getAnnotation(JsonSubTypes.class).value())
                .map(JsonSubTypes.Type::name)
                .toList();
    }

    /**
     * Reads an architecture.
     *
     * @throws InvalidRecipeException with every mistake
     */
    static Architecture read(String name, Map<String, Object> parameters) {
        List<Problem> problems = new ArrayList<>();
        ObjectNode tree = Json.mapper().valueToTree(parameters);
        if (!names().contains(name)) {
            problems.add(new Problem(
                    "recipe.network.architecture",
                    "'" + name + "' is not known. Known: "
                            + names().stream().sorted().collect(Collectors.joining(", ")) + "."));
        } else {
            tree.put("type", name);
            new RecipeStructure(SCHEMA, problems).check("recipe.network.parameters", tree);
        }
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        try {
            return Json.mapper().treeToValue(tree, Architecture.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an architecture that was found right cannot be read: " + tree, e);
        }
    }
}
