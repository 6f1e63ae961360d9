package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeCheck;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Preprocessor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A manifest as a recipe sees it: classes after aliases, the three splits, and every image as the pixels that go into the
 * network. Preprocessed pixels are kept in memory while they fit into a quarter of the heap. For use by many threads.
 */
public final class TrainingData {

    /** Where the bytes of an image come from: a folder, a cache of blobs. */
    @FunctionalInterface
    public interface Bytes {
        byte[] read(Manifest.Entry entry) throws IOException;
    }

    private final List<String> classes;
    private final Manifest manifest;
    private final List<Sample> train;
    private final List<Sample> validation;
    private final List<Sample> test;
    private final Bytes bytes;
    private final Preprocessing preprocessing;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
    private final Preprocessor preprocessor;
    private final Map<String, byte[]> kept = new ConcurrentHashMap<>();
    private final AtomicLong roomLeft = new AtomicLong(Runtime.getRuntime().maxMemory() / 4);

    /**
     * Chooses the splits. Where the manifest has no validation image, the recipe's share of the training images becomes
     * the validation split, by a stable hash.
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
        this.classes = List.copyOf(RecipeCheck.classes(recipe, manifest.classes()));
        List<Manifest.Entry> training = new ArrayList<>(manifest.of(Split.TRAIN));
        List<Manifest.Entry> held = new ArrayList<>(manifest.of(Split.VALIDATION));
        if (held.isEmpty()) {
            Set<Manifest.Entry> chosen =
                    StableSplit.choose(training, recipe.data().validationShare(), "validation");
            training.stream().filter(chosen::contains).forEach(held::add);
            training.removeAll(new HashSet<>(chosen));
        }
        this.train = samples(recipe, training);
        this.validation = samples(recipe, held);
        this.test = samples(recipe, manifest.of(Split.TEST));
    }

    private List<Sample> samples(Recipe recipe, List<Manifest.Entry> entries) {
        return entries.stream()
                .map(entry -> new Sample(entry, classes.indexOf(recipe.data().classOf(entry.label()))))
                .toList();
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

    public List<Sample> validation() {
        return validation;
    }

    public List<Sample> test() {
        return test;
    }

    /**
     * The image as it goes into the network.
     *
     * @return uint8 {@code [height, width, channels]}, not to be changed
     * @throws ScanstreamException {@code INVALID_DATASET} naming the image when its bytes cannot be read or decoded
     */
    byte[] pixels(Sample sample) {
        byte[] known = kept.get(sample.entry().path());
        if (known != null) {
            return known;
        }
        byte[] pixels = decode(sample);
        if (roomLeft.addAndGet(-pixels.length) >= 0) {
            kept.put(sample.entry().path(), pixels);
        }
        return pixels;
    }

    private byte[] decode(Sample sample) {
        try {
            return preprocessor.apply(decoder.decode(bytes.read(sample.entry())));
        } catch (IOException | ScanstreamException e) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the image '" + sample.entry().path() + "' of data set " + manifest.dataset()
                            + " cannot be read any more: " + e.getMessage(),
                    e);
        }
    }
}
