package io.scanstream.contracts.model;

import com.fasterxml.jackson.core.type.TypeReference;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code model.onnx} says of itself in its {@code metadata_props}: enough to score with that one file. Evaluation
 * and serving read it from there and nowhere else.
 *
 * @param classes in the order of the {@code probabilities} output
 * @param positiveClass the class that a threshold is about, if there is one
 * @param recipeSha256 of the recipe's canonical JSON, in hex
 * @param views how many times the graph looks at every scan, in other positions, to average: a batch is so many times larger
 *     within; 1 where the file does not say
 * @param producer the program that wrote the file, for people
 */
public record OnnxMetadata(
        Task task,
        List<String> classes,
        @Nullable String positiveClass,
        Preprocessing preprocessing,
        int views,
        String recipeSha256,
        String producer) {
    /** The format that this code writes and reads. */
    public static final String FORMAT = "1";

    /** Input: uint8 {@code [batch, height, width, channels]}, values 0 to 255. */
    public static final String INPUT_SCAN = "scan";

    /** Output: float32 {@code [batch, classes]}, rows add up to 1. */
    public static final String OUTPUT_PROBABILITIES = "probabilities";

    /** Output: float32, the raw head: {@code [batch, classes]}, or {@code [batch, 1]} for a one-logit model. */
    public static final String OUTPUT_LOGITS = "logits";

    /** Output, where the network ends in global pooling: float32 {@code [batch, channels, height, width]}. */
    public static final String OUTPUT_FEATURES = "features";

    /**
     * Output, where one linear layer makes logits of the globally averaged {@link #OUTPUT_FEATURES}: float32 {@code [batch,
     * logits, height, width]}, what each place adds to each raw logit. Their mean over the places and the layer's offset are the
     * logit. Of a model of several views, the mean of what they give, each turned back.
     */
    public static final String OUTPUT_MAPS = "maps";

    /**
     * Output, where the distance was fitted: float32 {@code [batch, 1]}, 0 or more, how far a scan is from the nearest class of
     * the training images in the features, see {@link NoveltyGuard}.
     */
    public static final String OUTPUT_DISTANCE = "distance";

    private static final String PREFIX = "scanstream.";

    public OnnxMetadata {
        classes = List.copyOf(classes);
        if (classes.size() < 2) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED, "scanstream.classes: " + classes + " are fewer than two classes.");
        }
        if (views < 1) {
            throw new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "scanstream.views: " + views + " is below 1.");
        }
        if (positiveClass != null && !classes.contains(positiveClass)) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED,
                    "scanstream.positiveClass: '" + positiveClass + "' is not among the classes " + classes + ".");
        }
    }

    /** As key and value pairs for {@code metadata_props}. */
    public Map<String, String> toProperties() {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put(PREFIX + "format", FORMAT);
        properties.put(PREFIX + "task", task.name().toLowerCase(java.util.Locale.ROOT));
        properties.put(PREFIX + "classes", Json.text(classes));
        if (positiveClass != null) {
            properties.put(PREFIX + "positiveClass", positiveClass);
        }
        properties.put(PREFIX + "preprocessing", Json.text(preprocessing));
        properties.put(PREFIX + "views", Integer.toString(views));
        properties.put(PREFIX + "recipeSha256", recipeSha256);
        properties.put(PREFIX + "producer", producer);
        return properties;
    }

    /**
     * Reads the pairs of a file.
     *
     * @throws ScanstreamException {@code MODEL_NOT_VERIFIED} naming the key that is missing or wrong
     */
    public static OnnxMetadata fromProperties(Map<String, String> properties) {
        String format = require(properties, "format");
        if (!format.equals(FORMAT)) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED,
                    "scanstream.format: '" + format + "' is not '" + FORMAT + "', the one that this version reads.");
        }
        try {
            return new OnnxMetadata(
                    Json.read(utf8(Json.text(require(properties, "task"))), Task.class),
                    Json.read(utf8(require(properties, "classes")), new TypeReference<List<String>>() {}),
                    properties.get(PREFIX + "positiveClass"),
                    Json.read(utf8(require(properties, "preprocessing")), Preprocessing.class),
                    Json.read(utf8(properties.getOrDefault(PREFIX + "views", "1")), Integer.class),
                    require(properties, "recipeSha256"),
                    require(properties, "producer"));
        } catch (ScanstreamException e) {
            throw new ScanstreamException(ErrorCode.MODEL_NOT_VERIFIED, "metadata_props: " + e.getMessage(), e);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String require(Map<String, String> properties, String key) {
        String value = properties.get(PREFIX + key);
        if (value == null) {
            throw new ScanstreamException(
                    ErrorCode.MODEL_NOT_VERIFIED,
                    "metadata_props has no '" + PREFIX + key + "'; keys there: " + properties.keySet() + ".");
        }
        return value;
    }
}
