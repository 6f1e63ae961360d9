package io.scanstream.gateway.testing;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.AnswerTally;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.ReferenceAnswers;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.scoring.ScanId;
import io.scanstream.contracts.scoring.ScoreEvent;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** Values that tests start from. */
public final class Fixtures {
    public static final String RECIPE = """
            name: tiny
            about: A recipe for tests.
            data: {widthPx: 16, heightPx: 16}
            network: {layers: [{type: linear}]}
            optimizer: {type: adam, learningRate: 0.001}
            training: {epochs: 3, batchSize: 4}
            """;

    public static Recipe recipe() {
        return RecipeReader.read(RECIPE.getBytes(StandardCharsets.UTF_8));
    }

    /** Two classes with images in every split, two duplicates and one rejected file. */
    public static Manifest manifest(DatasetVersion version) {
        List<Manifest.Entry> entries = new ArrayList<>();
        for (String label : List.of("benign", "cancer")) {
            for (Split split : List.of(Split.TRAIN, Split.VALIDATION, Split.TEST)) {
                String path = split.name().toLowerCase(java.util.Locale.ROOT) + "/" + label + "/";
                entries.add(new Manifest.Entry(path + "1.png", "00", 10, label, split, null, null, null));
            }
            entries.add(new Manifest.Entry(
                    "train/" + label + "/2.png",
                    "00",
                    10,
                    label,
                    Split.TRAIN,
                    null,
                    null,
                    "train/" + label + "/1.png"));
        }
        List<Manifest.Rejected> rejected = List.of(new Manifest.Rejected(
                "train/benign/notes.txt", io.scanstream.contracts.ErrorCode.NOT_AN_IMAGE, "no image"));
        return new Manifest(version, List.of("benign", "cancer"), entries, rejected, Instant.EPOCH);
    }

    public static byte[] zip() {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("train/benign/1.png"));
            zip.write(new byte[1000]);
            zip.closeEntry();
            zip.finish();
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Publishes a version whose card says an accuracy of 0.75 on the test split. */
    public static void publish(Models models, ModelVersion version) {
        publish(models, version, null);
    }

    /** As {@link #publish(Models, ModelVersion)}, of a version that a job has trained. */
    public static void publish(Models models, ModelVersion version, @Nullable JobId job) {
        publish(models, version, job, new DatasetVersion("lung", 1));
    }

    /** As {@link #publish(Models, ModelVersion)}, of a version that was trained on a data set. */
    public static void publish(Models models, ModelVersion version, @Nullable JobId job, DatasetVersion dataset) {
        publish(models, version, job, dataset, null);
    }

    /** As {@link #publish(Models, ModelVersion)}, of a version that says what it answered when it was evaluated. */
    public static void publishWithReference(Models models, ModelVersion version, AnswerHistogram reference) {
        publish(models, version, null, new DatasetVersion("lung", 1), new ReferenceAnswers("test", reference));
    }

    private static void publish(
            Models models,
            ModelVersion version,
            @Nullable JobId job,
            DatasetVersion dataset,
            @Nullable ReferenceAnswers reference) {
        try {
            Path folder = Files.createTempDirectory("package");
            Files.createDirectories(folder.resolve("golden"));
            Files.writeString(folder.resolve(ModelPackage.MODEL), "weights of " + version);
            Files.write(folder.resolve(ModelPackage.CARD), Json.bytes(card(version, job, dataset)));
            Files.write(folder.resolve(ModelPackage.GOLDEN), Json.bytes(new Golden(List.of())));
            Files.writeString(folder.resolve(ModelPackage.REPORT), "<html>report of " + version + "</html>");
            if (reference != null) {
                Files.write(folder.resolve(ModelPackage.REFERENCE), Json.bytes(reference));
            }
            models.publish(version, ModelPackage.seal(folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A version's answers: so many for each class, all as sure. */
    public static AnswerHistogram answers(int benign, int cancer, double confidence) {
        AnswerTally tally = new AnswerTally(List.of("benign", "cancer"), null);
        for (int i = 0; i < benign + cancer; i++) {
            boolean isBenign = i < benign;
            tally.add(
                    new double[] {isBenign ? confidence : 1 - confidence, isBenign ? 1 - confidence : confidence},
                    isBenign ? 0 : 1,
                    null);
        }
        return tally.histogram();
    }

    private static ModelCard card(ModelVersion version, @Nullable JobId job, DatasetVersion dataset) {
        Metrics test = new Metrics(
                4,
                0.75,
                0.7,
                0.5,
                0.9,
                List.of(),
                List.of(List.of(1L, 1L), List.of(0L, 2L)),
                0.75,
                0.9,
                null,
                null,
                Map.of(),
                List.of());
        Recipe recipe = recipe();
        return new ModelCard(
                ModelCard.SCHEMA_VERSION,
                version.name(),
                version.version(),
                Task.CLASSIFICATION,
                List.of("benign", "cancer"),
                null,
                null,
                null,
                null,
                null,
                null,
                recipe.data().preprocessing(),
                Map.of("test", test),
                dataset,
                "00",
                Map.of("test", 4),
                recipe,
                recipe.sha256(),
                1,
                1,
                100,
                1e-7,
                List.of(),
                Map.of(),
                job,
                ModelCard.RESEARCH_USE_ONLY,
                Instant.EPOCH);
    }

    public static ScoreEvent.ScanScored scored(ScanId id, String model) {
        return new ScoreEvent.ScanScored(
                id, model, "v1", Map.of("benign", 0.25, "cancer", 0.75), "cancer", null, Instant.EPOCH, null);
    }

    public static TrainingEvent.EpochCompleted epoch(JobId id, int epoch, boolean best) {
        return new TrainingEvent.EpochCompleted(
                id, epoch, 3, 1.0 / epoch, Map.of("validationAccuracy", 0.5), best, 100, 1, Instant.EPOCH);
    }

    private Fixtures() {}
}
