package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.ReferenceAnswers;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.metrics.FeatureDistance;
import io.scanstream.trainer.metrics.Temperature;
import io.scanstream.trainer.network.OnnxExport;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.training.TrainingRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a completed training into a sealed model package. */
public final class PackageBuilder {
    private static final String PRODUCER = "scanstream-trainer";

    /**
     * What a training cannot know of itself.
     *
     * @param dataset the data set version; absent for offline trainings
     * @param manifestSha256 of the manifest, or of the sorted image digests for offline trainings
     * @param job absent for offline trainings
     */
    public record Identity(
            ModelVersion model,
            @Nullable DatasetVersion dataset,
            String manifestSha256,
            @Nullable JobId job,
            Instant createdAt) {}

    /**
     * Exports the best weights, holds the file against the network, scores validation and test split through ONNX
     * Runtime, and writes and seals the package. Doing it again gives a package of the same scores.
     *
     * @param run completed; its network has the best weights afterwards
     * @param folder is made; has to be absent or empty
     * @param beside where the {@link ModelPackage#isBeside companions} go that are no part of the package: the private
     *     gallery and scores of single images, and the submission where there are unlabelled images; may be the same folder
     * @param mayGoOn called with every batch that is scored; what it throws ends the building
     * @throws ScanstreamException {@code TRAINING_DIVERGED} when the exported file does not compute what the network does;
     *     {@code MODEL_NOT_VERIFIED} when the written package does not reproduce its golden scores
     */
    public static ModelPackage build(TrainingRun run, Identity identity, Path folder, Path beside, Runnable mayGoOn) {
        try {
            return new PackageBuilder(run, identity, folder, beside, mayGoOn).build();
        } catch (IOException e) {
            throw new UncheckedIOException("model package " + folder, e);
        }
    }

    private final TrainingRun run;
    private final Recipe recipe;
    private final TrainingData data;
    private final Identity identity;
    private final Path folder;
    private final Path beside;
    private final Runnable mayGoOn;
    private final int positive;

    private PackageBuilder(TrainingRun run, Identity identity, Path folder, Path beside, Runnable mayGoOn) {
        this.run = run;
        this.recipe = run.recipe();
        this.data = run.data();
        this.identity = identity;
        this.folder = folder;
        this.beside = beside;
        this.mayGoOn = mayGoOn;
        this.positive = run.positiveIndex();
    }

    private ModelPackage build() throws IOException {
        if (!run.completed()) {
            throw new IllegalStateException(
                    "the training is only at " + run.state().position());
        }
        run.loadBest();
        Files.createDirectories(folder.resolve("golden"));
        byte[] plain = export(Temperature.NONE, null);
        Choices choices = Choices.none();
        FeatureDistance distance = null;
        if (data.task() == Task.CLASSIFICATION) {
            try (OnnxModel model = new OnnxModel(plain)) {
                choices = Choices.of(model, data, recipe, positive, mayGoOn);
                distance = data.validation().isEmpty() ? null : TrainingFeatures.distance(model, data, mayGoOn);
            }
        }
        byte[] file = export(choices.temperatureOrNone(), distance);
        Files.write(folder.resolve(ModelPackage.MODEL), file);
        try (OnnxModel model = new OnnxModel(file)) {
            Parity parity = new Parity();
            SplitEvaluator evaluator = new SplitEvaluator(model, data, recipe, positive, choices.rule());
            GivenAnswers toValidation = new GivenAnswers(model.metadata(), choices.rule());
            GivenAnswers toTest = new GivenAnswers(model.metadata(), choices.rule());
            Map<String, Metrics> metrics = new LinkedHashMap<>();
            if (!data.validation().isEmpty()) {
                metrics.put(
                        "validation",
                        evaluator
                                .evaluate(data.validation(), compared(parity, toValidation))
                                .metrics());
            }
            SplitResult test = evaluator.evaluate(data.test(), compared(parity, toTest));
            metrics.put("test", test.metrics());
            parity.require();
            Golden golden = new GoldenImages(run.network(), model, choices.rule()).write(folder.resolve("golden"));
            Files.write(folder.resolve(ModelPackage.GOLDEN), Json.prettyBytes(golden));
            NoveltyGuard guard = toValidation.distances().guard(distance, toTest.distances());
            Files.write(
                    folder.resolve(ModelPackage.REFERENCE), Json.prettyBytes(reference(toValidation, toTest, guard)));
            ModelCard card = card(metrics, choices, test, guard, parity.maxAbs());
            Files.write(folder.resolve(ModelPackage.CARD), Json.prettyBytes(card));
            Files.write(folder.resolve(ModelPackage.RECIPE), RecipeReader.write(recipe));
            Answers answers = test.answers();
            Files.writeString(
                    folder.resolve(ModelPackage.REPORT),
                    Report.html(
                            card,
                            run.state().history(),
                            test.rankings(),
                            test.dice(),
                            answers == null || answers.images() == 0 ? null : choices.diagram(answers)));
            new Companions(beside, identity.model()).write(test, model, data, positive, choices.rule());
        }
        ModelPackage sealed = ModelPackage.seal(folder);
        verify(sealed);
        return sealed;
    }

    private byte[] export(double temperature, @Nullable FeatureDistance distance) {
        return OnnxExport.write(run.network(), positive, temperature, distance, metadata(), Versions.scanstream());
    }

    private static ReferenceAnswers reference(
            GivenAnswers toValidation, GivenAnswers toTest, @Nullable NoveltyGuard guard) {
        Double threshold = guard == null ? null : guard.threshold();
        return toTest.isEmpty()
                ? new ReferenceAnswers("validation", toValidation.histogram(threshold))
                : new ReferenceAnswers("test", toTest.histogram(threshold));
    }

    private Scoring.Observer compared(Parity parity, GivenAnswers answers) {
        return (samples, batch, scores) -> {
            mayGoOn.run();
            parity.compare(run.network(), scores.logits(), batch.pixels(), batch.size());
            answers.add(scores);
        };
    }

    private OnnxMetadata metadata() {
        return new OnnxMetadata(
                data.task(),
                data.classes(),
                recipe.data().positiveClass(),
                data.preprocessing(),
                run.network().blueprint().views().size(),
                recipe.sha256(),
                PRODUCER + " " + Versions.scanstream());
    }

    private ModelCard card(
            Map<String, Metrics> metrics,
            Choices choices,
            SplitResult tested,
            @Nullable NoveltyGuard guard,
            double parityMaxAbs) {
        Answers test = tested.answers();
        OperatingPoint point = choices.tested(test);
        List<String> warnings = new ArrayList<>(run.warnings());
        warnings.addAll(choices.warnings());
        warnings.addAll(tested.warnings());
        Map<String, Integer> images = new LinkedHashMap<>();
        images.put("train", data.train().size());
        images.put("validation", data.validation().size());
        images.put("test", data.test().size());
        return new ModelCard(
                ModelCard.SCHEMA_VERSION,
                identity.model().name(),
                identity.model().version(),
                data.task(),
                data.classes(),
                recipe.data().positiveClass(),
                point == null ? null : point.threshold(),
                choices.calibration(test),
                point,
                choices.referralTested(test),
                guard,
                data.preprocessing(),
                metrics,
                identity.dataset(),
                identity.manifestSha256(),
                images,
                recipe,
                recipe.sha256(),
                recipe.training().seed(),
                run.bestEpoch(),
                run.network().blueprint().trainedNumbers(),
                parityMaxAbs,
                warnings,
                Versions.all(),
                identity.job(),
                ModelCard.RESEARCH_USE_ONLY,
                identity.createdAt());
    }

    /** Runs the package as inference will: read back from disk, goldens decoded from their bytes. */
    private static void verify(ModelPackage sealed) throws IOException {
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            double allowed = Golden.Tolerance.CPU.share() * sealed.golden().spread();
            List<Double> offsets = null;
            for (Golden.Case golden : sealed.golden().cases()) {
                GoldenImages.Answer answer = GoldenImages.answer(
                        model.metadata(),
                        sealed.card().decisionRule(),
                        GoldenImages.score(model, sealed.goldenImage(golden)));
                requireNear(golden.file() + ": logit", golden.logits(), answer.logits(), allowed);
                requireNear(golden.file() + ": probability", golden.probabilities(), answer.probabilities(), allowed);
                if (model.outputs().contains(OnnxMetadata.OUTPUT_MAPS)) {
                    List<Double> here = offsets(model, sealed.goldenImage(golden), golden.logits());
                    offsets = offsets == null ? here : offsets;
                    requireNear(golden.file() + ": what a map leaves of logit", offsets, here, allowed);
                }
                if (golden.distance() != null && answer.distance() != null) {
                    requireNear(
                            golden.file() + ": distance",
                            List.of(golden.distance()),
                            List.of(answer.distance()),
                            sealed.golden().allowedOfDistance(Golden.Tolerance.CPU));
                }
            }
        }
    }

    /** What is left of an image's logits without the means of their maps: the same for every image. */
    private static List<Double> offsets(OnnxModel model, byte[] image, List<Double> logits) {
        float[] maps = model.maps(GoldenImages.preprocessed(model.metadata().preprocessing(), List.of(image)), 1)[0];
        int places = maps.length / logits.size();
        List<Double> offsets = new ArrayList<>();
        for (int k = 0; k < logits.size(); k++) {
            double sum = 0;
            for (int place = 0; place < places; place++) {
                sum += maps[k * places + place];
            }
            offsets.add(logits.get(k) - sum / places);
        }
        return offsets;
    }

    private static void requireNear(String what, List<Double> expected, List<Double> got, double allowed) {
        for (int i = 0; i < expected.size(); i++) {
            if (!(Math.abs(got.get(i) - expected.get(i)) <= allowed)) {
                throw new ScanstreamException(
                        ErrorCode.MODEL_NOT_VERIFIED,
                        "the package does not reproduce golden image " + what + " " + i + " is " + got.get(i)
                                + ", expected " + expected.get(i) + " within " + allowed + ".");
            }
        }
    }
}
