package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What training makes small. It also says how many outputs the network's head has. For segmentation every pixel is a case.
 * Labels that mixup or cutmix has mixed are targets between the classes.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Loss.CrossEntropy.class, name = "crossEntropy"),
    @JsonSubTypes.Type(value = Loss.BceWithLogits.class, name = "bceWithLogits"),
    @JsonSubTypes.Type(value = Loss.Focal.class, name = "focal"),
    @JsonSubTypes.Type(value = Loss.Dice.class, name = "dice"),
    @JsonSubTypes.Type(value = Loss.Combined.class, name = "combined")
})
public sealed interface Loss {
    /** The network's outputs for a number of classes. */
    int outputs(int classes);

    /** Weights of the classes in a loss, in place of the same weight for all. */
    sealed interface Weighted {
        /** Weights by class name; a class that is not named has the weight 1. */
        Map<String, Double> classWeights();

        /** Whether a class weighs the more the fewer images it has: images / (classes · images of the class). */
        boolean balanced();
    }

    /** Softmax cross entropy, one output a class. */
    record CrossEntropy(
            @Setting(value = "Share of the target that is spread over all classes.", fallback = "0", min = 0, below = 1)
            double labelSmoothing,

            @Setting(value = "Weight of each class by its name; 1 for those that are not named.", fallback = "{}")
            Map<String, Double> classWeights,

            @Setting(
                    value = "Weigh classes by images / (classes x images of the class), from the training split.",
                    fallback = "false")
            boolean balanced)
            implements Loss, Weighted {
        public CrossEntropy {
            classWeights = ordered(classWeights);
        }

        @Override
        public int outputs(int classes) {
            return classes;
        }
    }

    /** Binary cross entropy on one output, the positive class's logit; for two classes. */
    record BceWithLogits(
            @Setting(
                    value = "Share of the target that is spread evenly over both classes.",
                    fallback = "0",
                    min = 0,
                    below = 1)
            double labelSmoothing,

            @Setting(value = "Weight of the positive class's images; the others have 1.", fallback = "1", above = 0)
            double positiveWeight,

            @Setting(
                    value = "Weigh the positive class by negative / positive images of the training split.",
                    fallback = "false")
            boolean balanced)
            implements Loss {
        @Override
        public int outputs(int classes) {
            return 1;
        }
    }

    /**
     * Softmax cross entropy in which a case counts the less the surer it is, by (1 − p)^gamma (Lin et al., Focal Loss for
     * Dense Object Detection, 2017); one output a class.
     */
    record Focal(
            @Setting(
                    value = "How much sure cases are played down; 0 is cross entropy.",
                    fallback = "2",
                    min = 0,
                    max = 10)
            double gamma,

            @Setting(value = "Weight of each class by its name; 1 for those that are not named.", fallback = "{}")
            Map<String, Double> classWeights,

            @Setting(
                    value = "Weigh classes by images / (classes x images of the class), from the training split.",
                    fallback = "false")
            boolean balanced)
            implements Loss, Weighted {
        public Focal {
            classWeights = ordered(classWeights);
        }

        @Override
        public int outputs(int classes) {
            return classes;
        }
    }

    /**
     * 1 − Dice coefficient of probabilities and mask, taken over all pixels of a batch for each class, mean of the classes
     * (Milletari et al., V-Net, 2016); for segmentation.
     */
    record Dice(
            @Setting(
                    value = "Added above and below, in pixels, so that an absent class is no 0 / 0.",
                    fallback = "1",
                    above = 0)
            double smooth,

            @Setting(value = "Whether the first class, the background, counts too.", fallback = "false")
            boolean background)
            implements Loss {
        @Override
        public int outputs(int classes) {
            return classes;
        }
    }

    /** A weighted sum of losses; with bceWithLogits among them the network has one output, else one a class. */
    record Combined(
            @Setting("The losses with their weights.") List<Part> parts) implements Loss {
        /** One summand. */
        public record Part(
                @Setting("What it measures; not another combined loss.")
                Loss loss,

                @Setting(value = "What it is multiplied by.", fallback = "1", above = 0)
                double weight) {}

        public Combined {
            parts = List.copyOf(parts);
        }

        @Override
        public int outputs(int classes) {
            return parts.stream()
                    .mapToInt(part -> part.loss().outputs(classes))
                    .min()
                    .orElse(classes);
        }
    }

    private static Map<String, Double> ordered(Map<String, Double> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }
}
