package io.scanstream.trainer.publish;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.Preprocessor;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.trainer.data.MaskReader;
import io.scanstream.trainer.metrics.SegmentationMetrics;
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
    public double mean(ModelVersion version, Manifest manifest, List<Manifest.Entry> entries) {
        ModelPackage fetched = models.fetch(version, folder.resolve(version.version()));
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(fetched.onnx()))) {
            int batch = model.batchSize();
            double sum = 0;
            for (int from = 0; from < entries.size(); from += batch) {
                List<Manifest.Entry> some = entries.subList(from, Math.min(entries.size(), from + batch));
                float[][] probabilities = probabilities(model, some);
                sum += model.metadata().task() == Task.SEGMENTATION
                        ? dice(model.metadata(), manifest, some, probabilities)
                        : right(model.metadata(), fetched.card().decisionRule(), some, probabilities);
            }
            return sum / entries.size();
        } catch (IOException e) {
            throw new UncheckedIOException("model " + version + " in " + folder, e);
        }
    }

    private float[][] probabilities(OnnxModel model, List<Manifest.Entry> entries) {
        Preprocessing input = model.metadata().preprocessing();
        Preprocessor preprocessor = new Preprocessor(input);
        ByteBuffer pixels = ByteBuffer.allocateDirect(input.sizeBytes() * entries.size());
        for (Manifest.Entry entry : entries) {
            pixels.put(preprocessor.apply(decoder.decode(blobs.apply(entry.sha256()))));
        }
        return model.score(pixels.flip(), entries.size()).probabilities();
    }

    private int right(OnnxMetadata model, DecisionRule rule, List<Manifest.Entry> entries, float[][] probabilities) {
        int right = 0;
        for (int i = 0; i < probabilities.length; i++) {
            String decided = model.classes().get(rule.decide(probabilities[i]));
            if (decided.equals(recipe.data().classOf(entries.get(i).requireLabel()))) {
                right++;
            }
        }
        return right;
    }

    /** The sum of the images' Dice, at the size of the model's own input. */
    private double dice(OnnxMetadata model, Manifest manifest, List<Manifest.Entry> entries, float[][] probabilities) {
        Preprocessing input = model.preprocessing();
        MaskReader masks = new MaskReader(recipe, manifest, model.classes(), input);
        SegmentationMetrics overlap = new SegmentationMetrics(model.classes());
        double sum = 0;
        for (int i = 0; i < probabilities.length; i++) {
            Manifest.Mask mask = entries.get(i).mask();
            if (mask == null) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_DATASET,
                        "the test image '" + entries.get(i).path() + "' of " + manifest.dataset() + " has no mask.");
            }
            byte[] truth = masks.classIndices(decoder.decode(blobs.apply(mask.sha256())));
            ClassMap decided = ClassMap.of(probabilities[i], model.classes().size(), input.widthPx(), input.heightPx());
            sum += overlap.add(ByteBuffer.wrap(truth), ByteBuffer.wrap(decided.classes()), 1)
                    .get(0)
                    .dice();
        }
        return sum;
    }
}
