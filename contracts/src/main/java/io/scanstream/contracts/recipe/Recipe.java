package io.scanstream.contracts.recipe;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.model.Preprocessing;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A training as data. {@link RecipeReader} reads it from YAML, fills in what is left out and reports every mistake with
 * its path.
 */
@JsonDeserialize(using = StoredRecipe.class)
public record Recipe(
        @Setting(
                value = "The recipe's name; a model trained with it has this name unless another is asked for.",
                example = "my-recipe")
        String name,

        @Setting(value = "One line for people.", example = "Naevus or melanoma.")
        String about,

        @Setting("How images are read.") Data data,
        @Setting("The network.") Network network,

        @Setting(value = "Random changes of training images, in this order.", fallback = "[]")
        List<Augmentation> augmentation,

        @Setting(
                value =
                        "Flips and turns of a scan, and all that they give together, whose logits the exported model averages:"
                                + " 2 to 8 times the work. Epochs are chosen without.",
                fallback = "[]",
                example = "[horizontalFlip, quarterTurns]")
        List<TestTimeAugmentation> testTimeAugmentation,

        @Setting(value = "What training makes small.", fallback = "{type: crossEntropy}")
        Loss loss,

        @Setting("How the weights follow the gradient.") Optimizer optimizer,

        @Setting(value = "How the learning rate changes.", fallback = "{type: constant}")
        Schedule schedule,

        @Setting("How long and in what portions.") Training training,

        @Setting("What is looked at besides the usual figures.") @Nullable
        Evaluation evaluation,

        @Setting(value = "When the model takes the champion's place by itself.", fallback = "{}")
        Gate gate) {

    /** How images are read. Pixels become (value / 255 − mean) / std inside the exported network. */
    public record Data(
            @Setting(value = "Width of the network's input in pixels.", min = 8, max = 2048, example = "96")
            int widthPx,

            @Setting(value = "Height of the network's input in pixels.", min = 8, max = 2048, example = "96")
            int heightPx,

            @Setting(value = "1 for grey, 3 for RGB.", fallback = "3", min = 1, max = 3)
            int channels,

            @Setting(value = "How another aspect ratio is fitted: stretch, crop or letterbox.", fallback = "stretch")
            Preprocessing.Resize resize,

            @Setting(value = "Mean of each channel, 0 to 1.", fallback = "[0.485, 0.456, 0.406]")
            List<Double> mean,

            @Setting(value = "Standard deviation of each channel, 0 to 1.", fallback = "[0.229, 0.224, 0.225]")
            List<Double> std,

            @Setting(value = "Folder names that mean a class of another name.", fallback = "{}")
            Map<String, String> classAliases,

            @Setting("The class that a threshold is about, for two classes.") @Nullable
            String positiveClass,

            @Setting(
                    value = "Share of the training images kept for validation where the data has none.",
                    fallback = "0.2",
                    above = 0,
                    below = 0.9)
            double validationShare,

            @Setting(
                    value = "Images of the training split to use, validation's share among them, every class in its"
                            + " proportion; 0 for all.",
                    fallback = "0",
                    min = 0,
                    example = "12000")
            int subset,

            @Setting("Cross-validation: which part of the training images validates. Without it, validationShare.")
            @Nullable
            Fold fold,

            @Setting(
                    value = "Training images that look like a validation or test image: report or drop.",
                    fallback = "report")
            NearDuplicates nearDuplicates) {

        /** One turn of a cross-validation; every image of the training and validation splits validates in one turn. */
        public record Fold(
                @Setting(value = "Which turn this is, counts from 0.", min = 0, example = "0")
                int index,

                @Setting(value = "How many turns there are.", min = 2, max = 100, example = "5")
                int of) {}

        /** What becomes of images that look like one of a later split. */
        public enum NearDuplicates {
            /** They are trained on; the manifest lists them. */
            @JsonProperty("report")
            REPORT,
            /** They are left out. */
            @JsonProperty("drop")
            DROP
        }

        public Data {
            mean = List.copyOf(mean);
            std = List.copyOf(std);
            classAliases = Collections.unmodifiableMap(new LinkedHashMap<>(classAliases));
        }

        public Preprocessing preprocessing() {
            return new Preprocessing(
                    widthPx,
                    heightPx,
                    channels,
                    resize,
                    Preprocessing.Interpolation.BILINEAR,
                    Preprocessing.SixteenBit.SCALE);
        }

        /** The class that a folder's name means. */
        public String classOf(String label) {
            return classAliases.getOrDefault(label, label);
        }
    }

    /**
     * The network: an architecture with its parameters, or a literal list of layers. The layers' own fields are checked by
     * the trainer, which owns them.
     */
    public record Network(
            @Setting("The name of an architecture; or leave it out and list the layers.") @Nullable
            String architecture,

            @Setting(value = "The architecture's parameters.", fallback = "{}")
            Map<String, Object> parameters,

            @Setting(value = "The layers, first to last; the last one's outputs are the classes.", fallback = "[]")
            List<JsonNode> layers,

            @Setting(
                    value =
                            "Layers in place of the architecture's last ones, those that know the classes; always fresh.",
                    fallback = "[]")
            List<JsonNode> head,

            @Setting("Weights to begin with, by their name, or none: fresh ones, and nothing is frozen.") @Nullable
            String weights,

            @Setting(
                    value = "Which parameters are taken from the weights, by name; * stands for any characters. All of"
                            + " them have to be there.",
                    fallback = "[\"*\"]")
            List<String> load,

            @Setting(
                    value =
                            "Which parameters stay as they were loaded, by name; * stands for any characters, allButHead"
                                    + " for all of them but the head's.",
                    fallback = "[]")
            List<String> freeze) {
        /** In {@code weights}: fresh ones, and nothing is frozen. */
        public static final String NO_WEIGHTS = "none";

        /** In {@code freeze}: everything but what {@code head} stands for. */
        public static final String ALL_BUT_HEAD = "allButHead";

        public Network {
            parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
            layers = List.copyOf(layers);
            head = List.copyOf(head);
            load = List.copyOf(load);
            freeze = List.copyOf(freeze);
        }

        /** The name of the weights to begin with; empty for fresh ones. */
        public Optional<String> pretrained() {
            return Optional.ofNullable(weights).filter(name -> !name.equals(NO_WEIGHTS));
        }
    }

    /** How long and in what portions. */
    public record Training(
            @Setting(
                    value = "Passes over the training images; 0: the network as loaded.",
                    min = 0,
                    max = 100_000,
                    example = "20")
            int epochs,

            @Setting(value = "Ends the training after so many steps, within an epoch if need be.", min = 1) @Nullable
            Integer maxSteps,

            @Setting(value = "Images a step.", min = 1, max = 65_536, example = "32")
            int batchSize,

            @Setting(
                    value = "Batches whose gradients are added up for one move of the weights.",
                    fallback = "1",
                    min = 1)
            int accumulationSteps,

            @Setting(value = "Of weights, order and augmentation.", fallback = "1")
            long seed,

            @Setting(value = "The figure on validation that makes an epoch the best.", fallback = "accuracy")
            Metric bestMetric,

            @Setting(value = "Which epoch's weights become the model: the best's or the last's.", fallback = "best")
            Keep keep,

            @Setting("Ends a training that gets no better; left out, all epochs are trained.") @Nullable
            EarlyStopping earlyStopping,

            @Setting(value = "The L2 norm that a step's gradient is cut down to.", above = 0) @Nullable
            Double clipGradientNorm,

            @Setting(
                    value =
                            "Share of the averaged weights that each step keeps; the averaged ones are validated and kept.",
                    above = 0,
                    below = 1,
                    example = "0.999")
            @Nullable
            Double averageDecay,

            @Setting(
                    value =
                            "What forward and backward compute with, float32 or bfloat16; auto: bfloat16 where the device is"
                                    + " faster with it and the network large. Weights, loss and validation are float32.",
                    fallback = "auto")
            Precision precision,

            @Setting(
                    value =
                            "On CUDA: only algorithms that give the same every time, slower ones, and an error for a layer that has"
                                    + " none. CPUs repeat themselves anyway.",
                    fallback = "false")
            boolean deterministic,

            @Setting(value = "Training images that come more than once an epoch.", fallback = "{}")
            Oversampling oversampling,

            @Setting(value = "Frozen parameters that learn from an epoch on.", fallback = "[]")
            List<Unfreeze> unfreeze) {
        public Training {
            unfreeze = List.copyOf(unfreeze);
        }
    }

    /** Which epoch's weights become the model. */
    public enum Keep {
        @JsonProperty("best")
        BEST,
        /**
         * For a learning rate that ends near 0 and a validation split too small to choose by: the luckiest of many epochs
         * is then worse than the last.
         */
        @JsonProperty("last")
        LAST
    }

    /** What training computes with. */
    public enum Precision {
        @JsonProperty("auto")
        AUTO,
        @JsonProperty("float32")
        FLOAT32,
        @JsonProperty("bfloat16")
        BFLOAT16
    }

    /** Ends a training whose figure on validation has not become better for so many epochs. */
    public record EarlyStopping(
            @Setting(value = "Epochs without a better figure that are waited for.", min = 1, example = "5")
            int patience,

            @Setting(value = "What a figure has to be better by to count.", fallback = "0", min = 0)
            double minDelta,

            @Setting(value = "The figure.", fallback = "loss")
            Metric metric) {}

    /** How often a class's training images come in an epoch. */
    public record Oversampling(
            @Setting(value = "So often that each class comes as often as the largest one.", fallback = "false")
            boolean balanced,

            @Setting(
                    value = "How often each image of a class comes, by the class's name; 1 for the others.",
                    fallback = "{}")
            Map<String, Integer> factors) {
        public Oversampling {
            factors = Collections.unmodifiableMap(new LinkedHashMap<>(factors));
        }
    }

    /** What is looked at besides the usual figures. */
    public record Evaluation(
            @Setting(
                    value = "Classes that are also taken for one: its name, and the classes that it stands for.",
                    fallback = "{}",
                    example = "{lesion: [benign, cancer]}")
            Map<String, List<String>> mergedClasses,

            @Setting("The class whose curves the report shows first.") @Nullable
            String focusClass,

            @Setting("What the threshold of data.positiveClass is chosen for; left out: the most probable class.")
            @Nullable
            OperatingRule operatingPoint,

            @Setting(
                    value = "The accuracy that decisions should have; less sure scans are referred to a person.",
                    above = 0,
                    below = 1,
                    example = "0.95")
            @Nullable
            Double referBelowAccuracy,

            @Setting(
                    value = "Columns of the data set's tables: the figures of each of their values are told too.",
                    fallback = "[]",
                    example = "[site, device]")
            @JsonInclude(JsonInclude.Include.NON_EMPTY)
            List<String> subgroups) {
        public Evaluation {
            // Cards from before there were subgroups do not have the field.
            subgroups = subgroups == null ? List.of() : List.copyOf(subgroups);
            Map<String, List<String>> copied = new LinkedHashMap<>();
            mergedClasses.forEach((name, members) -> copied.put(name, List.copyOf(members)));
            mergedClasses = Collections.unmodifiableMap(copied);
        }

        /** The name under which a class is counted where classes are merged. */
        public String mergedClassOf(String name) {
            return mergedClasses.entrySet().stream()
                    .filter(merged -> merged.getValue().contains(name))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(name);
        }
    }

    /** Frozen parameters that learn from an epoch on. */
    public record Unfreeze(
            @Setting(value = "The first epoch in which they learn; counts from 1.", min = 1, example = "3")
            int epoch,

            @Setting(value = "Names of parameters; * stands for any characters.", example = "layer4.*")
            String match) {}

    public Recipe {
        augmentation = List.copyOf(augmentation);
        testTimeAugmentation = List.copyOf(testTimeAugmentation);
    }

    /** SHA-256 of the recipe's JSON with every field written out, in hex: equal for recipes that mean the same. */
    public String sha256() {
        return Hashes.sha256(Json.bytes(this));
    }
}
