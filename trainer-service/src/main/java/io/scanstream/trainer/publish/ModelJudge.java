package io.scanstream.trainer.publish;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Preprocessor;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.trainer.onnx.OnnxModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Scores images with published models as serving would: the package from the store, its own preprocessing, ONNX Runtime. */
final class ModelJudge implements PromotionGate.Scorer {
    private static final int BATCH = 32;

    private final Models models;
    private final Recipe recipe;
    private final Function<String, byte[]> blobs;
    private final Path folder;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());

    /**
     * Judges by the labels as one recipe means them.
     *
     * @param blobs from SHA-256 to an image's bytes
     * @param folder for the packages; the caller deletes it
     */
    ModelJudge(Models models, Recipe recipe, Function<String, byte[]> blobs, Path folder) {
        this.models = models;
        this.recipe = recipe;
        this.blobs = blobs;
        this.folder = folder;
    }

    @Override
    public int right(ModelVersion version, List<Manifest.Entry> entries) {
        ModelPackage fetched = models.fetch(version, folder.resolve(version.version()));
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(fetched.onnx()))) {
            int right = 0;
            for (int from = 0; from < entries.size(); from += BATCH) {
                right += rightInBatch(model, entries.subList(from, Math.min(entries.size(), from + BATCH)));
            }
            return right;
        } catch (IOException e) {
            throw new UncheckedIOException("model " + version + " in " + folder, e);
        }
    }

    private int rightInBatch(OnnxModel model, List<Manifest.Entry> entries) {
        OnnxMetadata metadata = model.metadata();
        Preprocessor preprocessor = new Preprocessor(metadata.preprocessing());
        int sizeBytes = metadata.preprocessing().sizeBytes();
        ByteBuffer pixels = ByteBuffer.allocateDirect(sizeBytes * entries.size());
        for (Manifest.Entry entry : entries) {
            pixels.put(preprocessor.apply(decoder.decode(blobs.apply(entry.sha256()))));
        }
        float[][] probabilities = model.score(pixels.flip(), entries.size()).probabilities();
        int right = 0;
        for (int i = 0; i < probabilities.length; i++) {
            String decided = metadata.classes().get(largest(probabilities[i]));
            if (decided.equals(recipe.data().classOf(entries.get(i).requireLabel()))) {
                right++;
            }
        }
        return right;
    }

    private static int largest(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
