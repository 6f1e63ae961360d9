package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.AnswerHistogram;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.Metrics;
import io.scanstream.contracts.model.ModelCard;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.NoveltyGuard;
import io.scanstream.contracts.model.OperatingPoint;
import io.scanstream.contracts.model.ReferenceAnswers;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.Image;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackageBuilderTest {
    private static final int SIDE = 16;

    @TempDir
    Path folder;

    @Test
    void writesAPackageThatVerifiesAndScoresWell() throws Exception {
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 8);
        ModelPackage sealed = build(scans, Map.of());

        assertThat(sealed.card().classes()).containsExactly("narrow", "plain", "wide");
        assertThat(sealed.card().parityMaxAbs()).isLessThan(1e-4);
        assertThat(sealed.card().threshold()).isNull();
        assertThat(sealed.card().images()).containsEntry("train", 60).containsEntry("test", 24);
        Metrics test = sealed.card().metrics().get("test");
        assertThat(test.images()).isEqualTo(24);
        assertThat(test.accuracy()).isGreaterThan(0.9);
        assertThat(RecipeReader.read(Files.readAllBytes(sealed.folder().resolve(ModelPackage.RECIPE)))
                        .sha256())
                .isEqualTo(sealed.card().recipeSha256());
        String report = Files.readString(sealed.folder().resolve(ModelPackage.REPORT));
        assertThat(report)
                .contains("drawn v1", "files, SHA-256 000000000000…", "narrow", "decided", "<svg", "Research use only");
        assertThat(report).doesNotContain("http://", "https://", "<script");
        assertThat(sealed.golden().cases().stream().map(Golden.Case::decision).distinct())
                .containsExactlyInAnyOrder("narrow", "plain", "wide");
        assertThat(sealed.golden().cases().stream().map(Golden.Case::file))
                .contains("size-1x1.png", "size-301x17.png", "class-0.png");
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            assertThat(model.metadata().classes()).isEqualTo(sealed.card().classes());
            assertThat(model.metadata().preprocessing()).isEqualTo(sealed.card().preprocessing());
            assertThat(model.outputs())
                    .containsExactlyInAnyOrder("probabilities", "logits", "features", "maps", "distance");
        }
    }

    @Test
    void tellsTheFiguresOfSubgroups() throws Exception {
        TestScans scans = new TestScans(SIDE, "plain", "wide")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 8)
                .withColumn("site", List.of("north", "south", "south"));
        ModelPackage sealed = build(scans, Map.of("evaluation", "{subgroups: [site]}", "training.epochs", "1"));

        Metrics test = sealed.card().metrics().get("test");
        assertThat(test.subgroups()).hasSize(2);
        Metrics north = test.subgroups().get(0).metrics();
        Metrics south = test.subgroups().get(1).metrics();
        assertThat(north.images() + south.images()).isEqualTo(test.images());
        for (int k = 0; k < 2; k++) {
            for (int decided = 0; decided < 2; decided++) {
                assertThat(north.confusion().get(k).get(decided)
                                + south.confusion().get(k).get(decided))
                        .isEqualTo(test.confusion().get(k).get(decided));
            }
        }
        assertThat(south.intervals()).containsKey("accuracy");
        assertThat(sealed.card().warnings()).anyMatch(warning -> warning.contains("Subgroup site north has"));
        assertThat(Files.readString(sealed.folder().resolve(ModelPackage.REPORT)))
                .contains("Test, subgroups", "<td>north</td>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"narrow", "wide"})
    void aSingleLogitSpeaksForThePositiveClassWhicheverItsPlace(String positive) throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 8);
        ModelPackage sealed = build(scans, Map.of("loss", "{type: bceWithLogits}", "data.positiveClass", positive));

        assertThat(sealed.card().classes()).containsExactly("narrow", "wide");
        assertThat(sealed.card().metrics().get("test").accuracy()).isGreaterThan(0.9);
        assertThat(sealed.card().metrics().get("test").rocAuc()).isGreaterThan(0.95);
        int index = sealed.card().classes().indexOf(positive);
        for (Golden.Case golden : sealed.golden().cases()) {
            assertThat(golden.logits()).hasSize(1);
            double temperature = sealed.card().calibration().temperature();
            double p = 1 / (1 + Math.exp(-golden.logits().get(0) / temperature));
            assertThat(golden.probabilities().get(index)).isCloseTo(p, within(1e-6));
            assertThat(golden.probabilities().get(1 - index)).isCloseTo(1 - p, within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{type: crossEntropy}", "{type: bceWithLogits}"})
    void writesASegmentersPackageThatVerifiesAndOverlapsWell(String loss) throws Exception {
        TestScans scans = new TestScans(SIDE, "back", "gland")
                .withMasks(Split.TRAIN, 12)
                .withMasks(Split.VALIDATION, 4)
                .withMasks(Split.TEST, 6)
                .withColumn("site", List.of("north", "south"));
        ModelPackage sealed = build(
                scans,
                Map.of(
                        "loss", loss,
                        "evaluation", "{subgroups: [site]}",
                        "augmentation", "[]",
                        "data.positiveClass", "gland",
                        "network.layers", "[{type: conv, out: 8, padding: 1}, {type: relu}, {type: conv, kernel: 1}]"));

        assertThat(sealed.card().task()).isEqualTo(Task.SEGMENTATION);
        Metrics test = sealed.card().metrics().get("test");
        assertThat(test.segmentation()).isNotNull();
        assertThat(test.segmentation().dice()).isGreaterThan(0.95);
        AnswerHistogram answers = reference(sealed).answers();
        assertThat(answers.scans()).isEqualTo(test.images());
        assertThat(answers.decisions()).containsOnlyKeys("back", "gland");
        assertThat(answers.distance()).isNull();
        assertThat(test.segmentation().iou())
                .isGreaterThan(0.9)
                .isLessThanOrEqualTo(test.segmentation().dice());
        assertThat(test.segmentation().perClass()).hasSize(2);
        assertThat(test.subgroups())
                .extracting(Metrics.Subgroup::value, part -> part.metrics().images())
                .containsExactly(tuple("north", 3), tuple("south", 3));
        assertThat(test.subgroups().stream()
                        .mapToDouble(part -> part.metrics().segmentation().dice())
                        .average()
                        .orElseThrow())
                .isCloseTo(test.segmentation().dice(), within(1e-12));
        assertThat(test.rocAuc()).isNull();
        assertThat(test.confusion().stream()
                        .flatMap(List::stream)
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(6L * SIDE * SIDE);
        assertThat(Files.readString(sealed.folder().resolve(ModelPackage.REPORT)))
                .contains(
                        "Dice",
                        "IoU of all pixels",
                        "<svg",
                        "Test, Dice of the images",
                        "Half of the images lie between")
                .doesNotContain("precision against recall");
        assertThat(sealed.golden().cases().stream().map(Golden.Case::decision).distinct())
                .containsExactlyInAnyOrder("back", "gland");
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            assertThat(model.metadata().task()).isEqualTo(Task.SEGMENTATION);
            for (Golden.Case golden : sealed.golden().cases()) {
                assertThat(golden.maskFile()).isNotNull();
                float[] map =
                        GoldenImages.score(model, sealed.goldenImage(golden)).probabilities()[0];
                assertThat(map).hasSize(2 * SIDE * SIDE);
                assertThat(map[5] + map[SIDE * SIDE + 5]).isCloseTo(1, within(1e-6f));
                Image mask = new ImageDecoder(DecodeLimits.defaults())
                        .decode(Files.readAllBytes(sealed.folder().resolve("golden/" + golden.maskFile())));
                for (int i = 0; i < SIDE * SIDE; i++) {
                    assertThat(mask.pixels()[i]).isEqualTo((byte) (map[SIDE * SIDE + i] > map[i] ? 1 : 0));
                }
                assertThat(golden.logits()).hasSize(loss.contains("bce") ? 64 : 128);
            }
        }
        assertThat(folder.resolve("beside/private/test.csv")).content().startsWith("path,dice,iou\ntest/images/0.png,");
        assertThat(folder.resolve("beside/private/gallery.html"))
                .content()
                .contains("IoU", "data:image/png;base64,", "both as outlines");
    }

    @Test
    void mergesClassesAndShowsTheFocusClassFirst() throws Exception {
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 12)
                .with(Split.VALIDATION, 4)
                .with(Split.TEST, 6);
        ModelPackage sealed = build(
                scans,
                Map.of(
                        "training.epochs", "2",
                        "evaluation.mergedClasses", "{striped: [wide, narrow]}",
                        "evaluation.focusClass", "wide"));

        Metrics test = sealed.card().metrics().get("test");
        Metrics merged = test.merged();
        assertThat(merged).isNotNull();
        assertThat(merged.perClass().stream().map(Metrics.PerClass::label)).containsExactly("striped", "plain");
        assertThat(merged.confusion().get(0).stream().mapToLong(Long::longValue).sum())
                .isEqualTo(12);
        assertThat(merged.accuracy()).isGreaterThanOrEqualTo(test.accuracy());
        String report = Files.readString(sealed.folder().resolve(ModelPackage.REPORT));
        assertThat(report).contains("Test, classes merged", "striped");
        assertThat(report.indexOf("Precision and recall, wide"))
                .isPositive()
                .isLessThan(report.indexOf("Precision and recall, narrow"));
        assertThat(report).contains("chance 0.3333");
    }

    @Test
    void theThresholdAndTheReferralOfTheRecipeDecideInMetricsGoldensAndCard() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 12)
                .with(Split.VALIDATION, 20)
                .with(Split.TEST, 10);
        ModelPackage sealed = build(
                scans,
                Map.of(
                        "training.epochs", "2",
                        "data.positiveClass", "wide",
                        "evaluation.operatingPoint", "{type: cost, missed: 99}",
                        "evaluation.referBelowAccuracy", "0.9"));

        ModelCard card = sealed.card();
        assertThat(card.threshold()).isEqualTo(0.01);
        OperatingPoint point = card.operatingPoint();
        assertThat(point.test().positives()).isEqualTo(10);
        Metrics test = card.metrics().get("test");
        // Classes are in the order narrow, wide: what is decided for wide is in the second column.
        assertThat((double) test.confusion().get(1).get(1) / 10)
                .isEqualTo(point.test().sensitivity());
        assertThat((double) test.confusion().get(0).get(0) / 10)
                .isEqualTo(point.test().specificity());
        for (Golden.Case golden : sealed.golden().cases()) {
            assertThat(golden.decision()).isEqualTo(golden.probabilities().get(1) >= 0.01 ? "wide" : "narrow");
        }
        assertThat(card.referral().test().coverage()).isBetween(0.0, 1.0);
        assertThat(card.calibration().after().logLoss()).isCloseTo(test.logLoss(), within(1e-5));
        assertThat(test.intervals()).containsKeys("accuracy", "recall/wide", "auc");
        assertThat(sealed.folder().resolve(ModelPackage.REPORT))
                .content()
                .contains("Operating point", "Referral", "Reliability", "95 % interval");
    }

    @Test
    void tooFewValidationImagesLeaveLogitsAloneAndAreSaid() throws Exception {
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 4);
        ModelPackage sealed = build(
                scans,
                Map.of(
                        "training.epochs", "1",
                        "training.keep", "last",
                        "data.validationShare", "0.001",
                        "data.positiveClass", "wide",
                        "evaluation.operatingPoint", "{type: sensitivity, atLeast: 0.9}"));

        assertThat(sealed.card().calibration().temperature()).isEqualTo(1);
        assertThat(sealed.card().operatingPoint().expected().rate()).isEqualTo(0.5);
        assertThat(sealed.card().warnings())
                .anyMatch(warning -> warning.contains("too small for a sensitivity of 0.900"));
    }

    @Test
    void aTrainingThatHasLearnedNothingIsSaidOnTheCardAndInTheReport() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 4)
                .with(Split.VALIDATION, 2)
                .with(Split.TEST, 2);
        ModelPackage sealed =
                build(scans, Map.of("training.epochs", "1", "optimizer", "{type: sgd, learningRate: 1.0e-12}"));

        String warning = assertThat(sealed.card().warnings()).singleElement().actual();
        assertThat(warning).contains("has learned nothing");
        assertThat(sealed.folder().resolve(ModelPackage.REPORT)).content().contains("Warning: " + warning);
    }

    @Test
    void theWrongAnswersAreShownApartFromThePackage() throws Exception {
        TestScans scans = new TestScans(SIDE, "plain", "wide", "narrow")
                .with(Split.TRAIN, 4)
                .with(Split.VALIDATION, 2)
                .with(Split.TEST, 6);
        ModelPackage sealed =
                build(scans, Map.of("training.epochs", "2", "optimizer", "{type: sgd, learningRate: 1e-6}"));

        List<List<Long>> confusion = sealed.card().metrics().get("test").confusion();
        long wrong = 18
                - confusion.get(0).get(0)
                - confusion.get(1).get(1)
                - confusion.get(2).get(2);
        assertThat(wrong).isPositive();
        String gallery = Files.readString(folder.resolve("beside/private/gallery.html"));
        assertThat(gallery.split("<figure>")).hasSize((int) wrong + 1);
        assertThat(folder.resolve("beside/private/test.csv"))
                .content()
                .startsWith("path,class,decision,narrow,plain,wide");
        assertThat(Files.readString(sealed.folder().resolve(ModelPackage.REPORT)))
                .doesNotContain("base64");
        assertThat(folder.resolve("beside/submission.csv")).doesNotExist();
        assertThat(sealed.folder().resolve("private")).doesNotExist();
    }

    @Test
    void whatLiesBesideAPackageIsNoPartOfIt() throws Exception {
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 2);
        ModelPackage sealed = build(scans, Map.of("training.epochs", "2"));
        String digest = sealed.digest();
        Files.createDirectories(sealed.folder().resolve("private"));
        Files.writeString(sealed.folder().resolve("private/gallery.html"), "x");
        Files.writeString(sealed.folder().resolve("submission.csv"), "id,label\n");

        assertThat(ModelPackage.read(sealed.folder()).digest()).isEqualTo(digest);
        Files.writeString(sealed.folder().resolve("other.csv"), "x");
        assertThatThrownBy(() -> ModelPackage.read(sealed.folder())).hasMessageContaining("other.csv");
    }

    @Test
    void unlabelledImagesGiveASubmission() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 6)
                .with(Split.TEST, 4)
                .withUnlabelled(3);
        build(scans, Map.of("data.positiveClass", "wide"));

        List<String> lines = Files.readAllLines(folder.resolve("beside/submission.csv"));
        assertThat(lines).hasSize(7).startsWith("id,label");
        for (String line : lines.subList(1, 7)) {
            String[] cells = line.split(",", -1);
            double probability = Double.parseDouble(cells[1]);
            assertThat(probability > 0.5).as(line).isEqualTo(cells[0].startsWith("wide"));
        }
    }

    @Test
    void whatIsUnlikeTheTrainingImagesIsFlaggedAndTestImagesMostlyAreNot() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 90)
                .with(Split.VALIDATION, 60)
                .with(Split.TEST, 60);
        ModelPackage sealed = build(scans, Map.of());

        NoveltyGuard guard = sealed.card().noveltyGuard();
        assertThat(guard.trainingImages()).isEqualTo(180);
        assertThat(guard.validation()).isEqualTo(new NoveltyGuard.Flagged(120, 0));
        assertThat(guard.expected()).isCloseTo(1 / 121.0, within(1e-12));
        assertThat(guard.test().images()).isEqualTo(120);
        assertThat(guard.test().flagged()).isLessThanOrEqualTo(6);
        assertThat(sealed.golden().cases())
                .allSatisfy(golden -> assertThat(golden.distance()).isNotNull());
        assertThat(sealed.folder().resolve(ModelPackage.REPORT)).content().contains("Unlike the training images");
        SplittableRandom random = new SplittableRandom(3);
        Map<String, IntUnaryOperator> others = new LinkedHashMap<>();
        others.put("black", i -> 0);
        others.put("white", i -> 255);
        others.put("green", i -> i % 3 == 1 ? 200 : 20);
        others.put("noise", i -> random.nextInt(256));
        others.put("another modality: a bright disc on black", i -> {
            int x = i / 3 % SIDE - SIDE / 2;
            int y = i / 3 / SIDE - SIDE / 2;
            return x * x + y * y < 25 ? 230 : 5;
        });
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            others.forEach((what, drawn) -> {
                byte[] pixels = new byte[SIDE * SIDE * 3];
                for (int i = 0; i < pixels.length; i++) {
                    pixels[i] = (byte) drawn.applyAsInt(i);
                }
                byte[] png = PngWriter.encode(pixels, SIDE, SIDE, 3);
                assertThat(GoldenImages.score(model, png).distances()[0])
                        .as(what)
                        .isGreaterThan((float) guard.threshold());
            });
        }
    }

    @Test
    void keepsHowItsAnswersToTheTestSplitAreDistributed() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 20)
                .with(Split.VALIDATION, 10)
                .with(Split.TEST, 15);
        ModelPackage sealed = build(scans, Map.of());

        ReferenceAnswers reference = reference(sealed);

        assertThat(reference.split()).isEqualTo("test");
        AnswerHistogram answers = reference.answers();
        assertThat(answers.scans()).isEqualTo(30);
        List<List<Long>> confusion = sealed.card().metrics().get("test").confusion();
        assertThat(List.copyOf(answers.decisions().values()))
                .isEqualTo(List.of(
                        confusion.get(0).get(0) + confusion.get(1).get(0),
                        confusion.get(0).get(1) + confusion.get(1).get(1)));
        assertThat(answers.distance().stream().mapToLong(Long::longValue).sum()).isEqualTo(30);
        assertThat(answers.distance().stream()
                        .skip(AnswerHistogram.BINS_TO_THRESHOLD)
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(sealed.card().noveltyGuard().test().flagged());
        assertThat(answers.confidence().subList(0, 25)).containsOnly(0L);
    }

    private static ReferenceAnswers reference(ModelPackage sealed) throws IOException {
        return Json.read(Files.readAllBytes(sealed.folder().resolve(ModelPackage.REFERENCE)), ReferenceAnswers.class);
    }

    @Test
    void aNetworkThatPoolsNothingHasNoGuard() throws Exception {
        TestScans scans = new TestScans(SIDE, "wide", "narrow")
                .with(Split.TRAIN, 10)
                .with(Split.VALIDATION, 4)
                .with(Split.TEST, 4);
        ModelPackage sealed = build(
                scans,
                Map.of("training.epochs", "1", "network.layers", "[{type: maxPool}, {type: flatten}, {type: linear}]"));

        assertThat(sealed.card().noveltyGuard()).isNull();
        assertThat(reference(sealed).answers().distance()).isNull();
        assertThat(sealed.golden().cases())
                .allSatisfy(golden -> assertThat(golden.distance()).isNull());
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            assertThat(model.outputs()).containsExactlyInAnyOrder("probabilities", "logits");
        }
    }

    @Test
    void refusesATrainingThatIsNotCompleted() {
        Recipe recipe = TestScans.recipe(SIDE, Map.of());
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 2);
        try (TrainingRun run = run(scans, recipe)) {
            run.train(() -> true, new TrainingListener() {});
            assertThatThrownBy(() -> PackageBuilder.build(
                            run, identity(), folder.resolve("package"), folder.resolve("beside"), () -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("epoch 1, step 0");
        }
    }

    @Test
    void aPackageThatWasChangedIsRefused() throws Exception {
        TestScans scans =
                new TestScans(SIDE, "wide", "narrow").with(Split.TRAIN, 8).with(Split.TEST, 2);
        ModelPackage sealed = build(scans, Map.of("training.epochs", "2"));
        Path onnx = sealed.onnx();
        byte[] file = Files.readAllBytes(onnx);
        file[file.length / 2] ^= 1;
        Files.write(onnx, file);
        assertThatThrownBy(() -> ModelPackage.read(sealed.folder()))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("model.onnx");
    }

    private ModelPackage build(TestScans scans, Map<String, String> replaced) {
        Map<String, String> all =
                new HashMap<>(Map.of("training.epochs", "15", "optimizer", "{type: adam, learningRate: 0.01}"));
        all.putAll(replaced);
        try (TrainingRun run = run(scans, TestScans.recipe(SIDE, all))) {
            run.train(StopSignal.never(), new TrainingListener() {});
            return PackageBuilder.build(run, identity(), folder.resolve("package"), folder.resolve("beside"), () -> {});
        }
    }

    private TrainingRun run(TestScans scans, Recipe recipe) {
        return new TrainingRun(
                recipe,
                scans.data(recipe),
                Libtorch.start(DeviceChoice.CPU),
                TrainingOptions.in(folder.resolve("work")));
    }

    private static PackageBuilder.Identity identity() {
        return new PackageBuilder.Identity(new ModelVersion("drawn", "v1"), null, "0".repeat(64), null, Instant.EPOCH);
    }
}
