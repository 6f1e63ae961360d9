package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.imaging.PngWriter;
import io.scanstream.storage.ModelPackage;
import io.scanstream.trainer.TestScans;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every scan has a lesion somewhere; whether it is brighter or darker than its surroundings is its class. */
class PlantedLesionTest {
    private static final int SIDE = 32;
    private static final int RADIUS = 3;
    private static final List<String> CLASSES = List.of("bright", "dark");

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(17);
    private final Map<String, Lesion> lesions = new HashMap<>();
    private final List<Manifest.Entry> entries = new ArrayList<>();

    /** A scan and the middle of its lesion. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Lesion(byte[] png, int x, int y) {}

    @ParameterizedTest
    @CsvSource({"crossEntropy, dark, '[]'", "bceWithLogits, bright, '[]'", "bceWithLogits, dark, '[horizontalFlip]'"})
    void theMapOfTheTrueClassPeaksOnTheLesionAndThatOfTheOtherIsLowestThere(
            String loss, String positive, String testTimeAugmentation) throws Exception {
        plant(Split.TRAIN, 60);
        plant(Split.VALIDATION, 10);
        plant(Split.TEST, 20);
        Recipe recipe = TestScans.recipe(
                SIDE,
                Map.of(
                        "loss", "{type: " + loss + "}",
                        "data.positiveClass", positive,
                        "data.mean", "[0.6, 0.5, 0.4]",
                        "data.std", "[0.2, 0.1, 0.3]",
                        "testTimeAugmentation", testTimeAugmentation,
                        "optimizer", "{type: adam, learningRate: 0.01}",
                        "training.epochs", "12"));
        ModelPackage sealed = build(recipe);
        assertThat(sealed.card().metrics().get("test").accuracy()).isGreaterThan(0.95);

        int index = CLASSES.indexOf(positive);
        int onTheLesion = 0;
        int images = 0;
        try (OnnxModel model = new OnnxModel(Files.readAllBytes(sealed.onnx()))) {
            for (Manifest.Entry entry : entries) {
                if (entry.split() != Split.TEST) {
                    continue;
                }
                Lesion lesion = lesions.get(entry.path());
                float[] maps = model.maps(
                                GoldenImages.preprocessed(model.metadata().preprocessing(), List.of(lesion.png())), 1)[
                        0];
                int truth = CLASSES.indexOf(Objects.requireNonNull(entry.label()));
                float[] evidence = loss.equals("crossEntropy") ? ofTwo(maps, truth) : ofOne(maps, truth == index);
                images++;
                onTheLesion += lies(peak(evidence), lesion) ? 1 : 0;
                // What speaks most against the other class is the same place.
                float[] ofTheOther = loss.equals("crossEntropy") ? ofTwo(maps, 1 - truth) : ofOne(maps, truth != index);
                assertThat(ofTheOther[peak(evidence)]).isEqualTo(-evidence[peak(evidence)]);
                assertThat(evidence[peak(evidence)]).isPositive();
            }
        }
        assertThat(images).isEqualTo(40);
        assertThat(onTheLesion).isGreaterThanOrEqualTo(38);
    }

    private static float[] ofTwo(float[] maps, int wanted) {
        int places = maps.length / 2;
        float[] evidence = new float[places];
        for (int i = 0; i < places; i++) {
            evidence[i] = maps[wanted * places + i] - maps[(1 - wanted) * places + i];
        }
        return evidence;
    }

    private static float[] ofOne(float[] map, boolean isPositive) {
        float[] evidence = new float[map.length];
        for (int i = 0; i < map.length; i++) {
            evidence[i] = isPositive ? map[i] : -map[i];
        }
        return evidence;
    }

    private static int peak(float[] evidence) {
        int peak = 0;
        for (int i = 1; i < evidence.length; i++) {
            peak = evidence[i] > evidence[peak] ? i : peak;
        }
        return peak;
    }

    /** Within the lesion or next to it, as far as the map's places are wide. */
    private static boolean lies(int place, Lesion lesion) {
        int columns = SIDE / 2;
        int px = SIDE / columns;
        double x = (Math.floorMod(place, columns) + 0.5) * px;
        double y = (Math.floorDiv(place, columns) + 0.5) * px;
        return Math.hypot(x - lesion.x(), y - lesion.y()) <= RADIUS + px;
    }

    private void plant(Split split, int perClass) {
        for (int i = 0; i < 2 * perClass; i++) {
            String label = CLASSES.get(i % 2);
            String path = split.name().toLowerCase(Locale.ROOT) + "/" + label + "/" + i + ".png";
            Lesion lesion = lesion(i % 2 == 0 ? 70 : -70);
            lesions.put(path, lesion);
            entries.add(new Manifest.Entry(
                    path, Hashes.sha256(lesion.png()), lesion.png().length, label, split, null, null, null));
        }
    }

    private Lesion lesion(int brightness) {
        int x0 = random.nextInt(RADIUS + 2, SIDE - RADIUS - 2);
        int y0 = random.nextInt(RADIUS + 2, SIDE - RADIUS - 2);
        byte[] pixels = new byte[SIDE * SIDE * 3];
        for (int i = 0; i < pixels.length; i++) {
            int x = i / 3 % SIDE;
            int y = i / 3 / SIDE;
            double inside = Math.hypot(x - x0, y - y0) <= RADIUS ? brightness : 0;
            pixels[i] = (byte) (int) (120 + inside + random.nextDouble() * 30);
        }
        return new Lesion(PngWriter.encode(pixels, SIDE, SIDE, 3), x0, y0);
    }

    private ModelPackage build(Recipe recipe) {
        Manifest manifest = new Manifest(
                new DatasetVersion("planted", 1), CLASSES, List.of(), entries, List.of(), List.of(), Instant.EPOCH);
        TrainingData data = new TrainingData(
                recipe, manifest, (path, sha256) -> lesions.get(path).png());
        try (TrainingRun run = new TrainingRun(
                recipe, data, Libtorch.start(DeviceChoice.CPU), TrainingOptions.in(folder.resolve("work")))) {
            run.train(StopSignal.never(), new TrainingListener() {});
            return PackageBuilder.build(
                    run,
                    new PackageBuilder.Identity(
                            new ModelVersion("planted", "v1"), null, "0".repeat(64), null, Instant.EPOCH),
                    folder.resolve("package"),
                    folder.resolve("beside"),
                    () -> {});
        }
    }
}
