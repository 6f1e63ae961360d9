package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeCheck;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Preprocessor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A manifest as a recipe sees it: classes after aliases, the three splits, and every image as the pixels that go into the
 * network. Preprocessed pixels are kept in memory while they fit into a quarter of the heap. For use by many threads.
 */
public final class TrainingData {

    /** Where the bytes of an image or a mask come from: a folder, a cache of blobs. */
    @FunctionalInterface
    public interface Bytes {
        byte[] read(String path, String sha256) throws IOException;
    }

    private final List<String> classes;
    private final Manifest manifest;
    private final List<Sample> train;
    private final List<Sample> drawn;
    private final List<Sample> validation;
    private final List<Sample> test;
    private final List<Sample> unlabelled;
    private final Bytes bytes;
    private final Preprocessing preprocessing;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
    private final Preprocessor preprocessor;
    private final MaskReader masks;
    private final Map<String, byte[]> kept = new ConcurrentHashMap<>();
    private final AtomicLong roomLeft = new AtomicLong(Runtime.getRuntime().maxMemory() / 4);

    /**
     * Chooses the splits as {@link Splits} says.
     *
     * @throws InvalidRecipeException with everything in which the recipe contradicts the data
     */
    public TrainingData(Recipe recipe, Manifest manifest, Bytes bytes) {
        List<Problem> problems = RecipeCheck.against(recipe, manifest);
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
        this.manifest = manifest;
        this.bytes = bytes;
        this.preprocessing = recipe.data().preprocessing();
        this.preprocessor = new Preprocessor(preprocessing);
        this.classes = List.copyOf(RecipeCheck.classes(recipe, manifest));
        Splits splits = Splits.of(recipe.data(), manifest);
        this.train = samples(recipe, splits.train());
        this.drawn = Oversampling.of(recipe.training().oversampling(), classes, train);
        requireImages("train", train);
        this.validation = samples(recipe, splits.validation());
        requireImages("validate", validation);
        this.test = samples(recipe, splits.test());
        this.unlabelled = samples(recipe, manifest.of(Split.UNLABELLED));
        this.masks = new MaskReader(recipe, manifest, classes, preprocessing);
    }

    private void requireImages(String purpose, List<Sample> samples) {
        if (samples.isEmpty()) {
            throw new InvalidRecipeException(List.of(new Problem(
                    "recipe.data",
                    "subset, fold and validationShare leave no image of data set " + manifest.dataset() + " to "
                            + purpose + " on.")));
        }
    }

    private List<Sample> samples(Recipe recipe, List<Manifest.Entry> entries) {
        return entries.stream()
                .map(entry -> new Sample(entry, label(recipe, entry)))
                .toList();
    }

    private int label(Recipe recipe, Manifest.Entry entry) {
        return entry.label() == null
                ? Sample.NO_LABEL
                : classes.indexOf(recipe.data().classOf(entry.label()));
    }

    /** In the order of the model's outputs. */
    public List<String> classes() {
        return classes;
    }

    public Manifest manifest() {
        return manifest;
    }

    public Preprocessing preprocessing() {
        return preprocessing;
    }

    public List<Sample> train() {
        return train;
    }

    /** What an epoch goes through: the training images, those of some classes more than once where the recipe says so. */
    public List<Sample> drawn() {
        return drawn;
    }

    public List<Sample> validation() {
        return validation;
    }

    public List<Sample> test() {
        return test;
    }

    /** Images whose class nobody has told, for predictions that are handed in somewhere. */
    public List<Sample> unlabelled() {
        return unlabelled;
    }

    /** What a network of this data answers: a class for each image, or for each of its pixels. */
    public Task task() {
        return manifest.task();
    }

    /**
     * The image as it goes into the network.
     *
     * @return uint8 {@code [height, width, channels]}, not to be changed
     * @throws ScanstreamException {@code INVALID_DATASET} naming the image when its bytes cannot be read or decoded
     */
    byte[] pixels(Sample sample) {
        return kept(sample.entry().path(), sample.entry().sha256(), preprocessor::apply);
    }

    /**
     * The classes of the image's pixels, brought to the network's size as the image is, without mixing values.
     *
     * @return uint8 {@code [height, width]}, indices into {@link #classes}, not to be changed
     * @throws ScanstreamException {@code INVALID_DATASET} naming the mask when its bytes cannot be read or decoded
     */
    byte[] mask(Sample sample) {
        Manifest.Mask mask = sample.entry().mask();
        if (mask == null) {
            throw new IllegalStateException("the image '" + sample.entry().path() + "' has no mask");
        }
        return kept(mask.path(), mask.sha256(), masks::classIndices);
    }

    private byte[] kept(String path, String sha256, Function<Image, byte[]> prepare) {
        byte[] known = kept.get(path);
        if (known != null) {
            return known;
        }
        byte[] prepared = prepare.apply(decode(path, sha256));
        if (roomLeft.addAndGet(-prepared.length) >= 0) {
            kept.put(path, prepared);
        }
        return prepared;
    }

    private Image decode(String path, String sha256) {
        try {
            return decoder.decode(bytes.read(path, sha256));
        } catch (IOException | ScanstreamException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the image '" + path + "' of data set " + manifest.dataset() + " cannot be read any more: "
                            + e.getMessage(),
                    e);
        }
    }
}
