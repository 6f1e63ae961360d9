package io.scanstream.trainer.publish;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.model.ModelCard;
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
import io.scanstream.trainer.metrics.ClassifiedImages;
import io.scanstream.trainer.metrics.SegmentationMetrics;
import io.scanstream.trainer.metrics.SegmentedImages;
import io.scanstream.trainer.metrics.WeighedImages;
import io.scanstream.trainer.onnx.OnnxModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Scores images with published models as serving would: the package from the store, its own preprocessing, ONNX Runtime. */
final class ModelJudge implements PromotionGate.Scorer {
    private static final int WARM_UP_RUNS = 5;
    private static final int TIMED_RUNS = 101;
    /** A slow model is timed less often; 3 times at least. */
    private static final Duration LONGEST_TIMING = Duration.ofSeconds(20);

    private static final int FEWEST_TIMED = 3;

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
    public WeighedImages judge(ModelVersion version, Manifest manifest, List<Manifest.Entry> entries) {
        ModelPackage fetched = fetched(version);
        try (OnnxModel model = open(fetched)) {
            return model.metadata().task() == Task.SEGMENTATION
                    ? segmented(model, manifest, entries)
                    : classified(model, fetched.card(), entries);
        }
    }

    @Override
    public double latencyMs(ModelVersion version, List<Manifest.Entry> entries) {
        try (OnnxModel model = open(fetched(version))) {
            List<byte[]> scans = entries.stream()
                    .limit(TIMED_RUNS)
                    .map(entry -> blobs.apply(entry.sha256()))
                    .toList();
            for (int run = 0; run < WARM_UP_RUNS; run++) {
                score(model, List.of(scans.get(run % scans.size())));
            }
            List<Long> nanos = new ArrayList<>();
            long begun = System.nanoTime();
            while (nanos.size() < FEWEST_TIMED
                    || (nanos.size() < TIMED_RUNS && System.nanoTime() - begun < LONGEST_TIMING.toNanos())) {
                List<byte[]> scan = List.of(scans.get(nanos.size() % scans.size()));
                long before = System.nanoTime();
                score(model, scan);
                nanos.add(System.nanoTime() - before);
            }
            nanos.sort(null);
            return nanos.get(nanos.size() / 2) / 1e6;
        }
    }

    private ModelPackage fetched(ModelVersion version) {
        return models.fetch(version, folder.resolve(version.version()));
    }

    private OnnxModel open(ModelPackage fetched) {
        try {
            return new OnnxModel(Files.readAllBytes(fetched.onnx()));
        } catch (IOException e) {
            throw new UncheckedIOException("model in " + fetched.folder(), e);
        }
    }

    private ClassifiedImages classified(OnnxModel model, ModelCard card, List<Manifest.Entry> entries) {
        List<String> classes = model.metadata().classes();
        float[][] probabilities = new float[entries.size()][];
        int batch = model.batchSize();
        for (int from = 0; from < entries.size(); from += batch) {
            List<Manifest.Entry> some = entries.subList(from, Math.min(entries.size(), from + batch));
            float[][] scored = score(model, bytes(some));
            System.arraycopy(scored, 0, probabilities, from, scored.length);
        }
        int[] labels = new int[entries.size()];
        Arrays.setAll(labels, i -> label(classes, entries.get(i)));
        String positive = card.positiveClass();
        return new ClassifiedImages(
                classes, positive == null ? -1 : classes.indexOf(positive), card.decisionRule(), probabilities, labels);
    }

    private int label(List<String> classes, Manifest.Entry entry) {
        String label = recipe.data().classOf(entry.requireLabel());
        int index = classes.indexOf(label);
        if (index < 0) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the test image '" + entry.path() + "' is of class '" + label + "', which is not among the model's "
                            + classes + ".");
        }
        return index;
    }

    /** The images' overlaps, at the size of the model's own input. */
    private SegmentedImages segmented(OnnxModel model, Manifest manifest, List<Manifest.Entry> entries) {
        OnnxMetadata metadata = model.metadata();
        Preprocessing input = metadata.preprocessing();
        MaskReader masks = new MaskReader(recipe, manifest, metadata.classes(), input);
        SegmentationMetrics overlap = new SegmentationMetrics(metadata.classes());
        List<SegmentationMetrics.ImageOverlap> overlaps = new ArrayList<>();
        int batch = model.batchSize();
        for (int from = 0; from < entries.size(); from += batch) {
            List<Manifest.Entry> some = entries.subList(from, Math.min(entries.size(), from + batch));
            float[][] probabilities = score(model, bytes(some));
            for (int i = 0; i < probabilities.length; i++) {
                Manifest.Mask mask = some.get(i).mask();
                if (mask == null) {
                    throw new ScanstreamException(
                            ErrorCode.INVALID_DATASET,
                            "the test image '" + some.get(i).path() + "' of " + manifest.dataset() + " has no mask.");
                }
                byte[] truth = masks.classIndices(decoder.decode(blobs.apply(mask.sha256())));
                ClassMap decided =
                        ClassMap.of(probabilities[i], metadata.classes().size(), input.widthPx(), input.heightPx());
                overlaps.addAll(overlap.add(ByteBuffer.wrap(truth), ByteBuffer.wrap(decided.classes()), 1));
            }
        }
        return new SegmentedImages(overlaps);
    }

    private List<byte[]> bytes(List<Manifest.Entry> entries) {
        return entries.stream().map(entry -> blobs.apply(entry.sha256())).toList();
    }

    private float[][] score(OnnxModel model, List<byte[]> scans) {
        Preprocessing input = model.metadata().preprocessing();
        Preprocessor preprocessor = new Preprocessor(input);
        ByteBuffer pixels = ByteBuffer.allocateDirect(input.sizeBytes() * scans.size());
        for (byte[] scan : scans) {
            pixels.put(preprocessor.apply(decoder.decode(scan)));
        }
        return model.score(pixels.flip(), scans.size()).probabilities();
    }
}
