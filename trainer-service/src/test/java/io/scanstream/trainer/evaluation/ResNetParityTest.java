package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.trainer.RealData;
import io.scanstream.trainer.data.TrainingData;
import io.scanstream.trainer.ingest.FolderIngest;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.network.OnnxExport;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.training.StopSignal;
import io.scanstream.trainer.training.TrainingListener;
import io.scanstream.trainer.training.TrainingOptions;
import io.scanstream.trainer.training.TrainingRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * ResNet-18, a little trained on real images so that its running statistics and weights are not the first ones: the
 * exported file and torchvision's own network give the same logits for 64 real images.
 */
@Tag("once")
class ResNetParityTest {
    private static final int SIDE = 96;
    private static final int IMAGES = 64;
    private static final Path DEBIAN_PYTHON = Path.of("/usr/bin/python3");

    @TempDir
    static Path folder;

    private static TrainingRun run;
    private static ByteBuffer pixels;

    @BeforeAll
    static void train() throws IOException {
        Path root = RealData.require("lc25000-lung");
        Recipe recipe = RecipeReader.read("""
                name: parity
                about: A test.
                data: {widthPx: 96, heightPx: 96}
                network: {architecture: resnet18}
                optimizer: {type: sgd, learningRate: 0.01, momentum: 0.9}
                training: {epochs: 1, batchSize: 16}
                """.getBytes(StandardCharsets.UTF_8));
        Manifest whole = FolderIngest.read(root, new DatasetVersion("lung", 1), (files, rejected) -> {});
        Manifest part =
                new Manifest(whole.dataset(), whole.classes(), everyNth(whole, 8), List.of(), whole.createdAt());
        TrainingData data = new TrainingData(recipe, part, (path, sha256) -> Files.readAllBytes(root.resolve(path)));
        run = new TrainingRun(
                recipe,
                data,
                Libtorch.start(DeviceChoice.CPU),
                TrainingOptions.in(folder.resolve("work")).withoutCheckpoints());
        run.train(StopSignal.never(), new TrainingListener() {});
        pixels = GoldenImages.preprocessed(
                data.preprocessing(),
                whole.of(Split.TEST).stream()
                        .filter(entry -> entry.path().hashCode() % 2 == 0)
                        .limit(IMAGES)
                        .map(entry -> read(root.resolve(entry.path())))
                        .toList());
    }

    @AfterAll
    static void close() {
        if (run != null) {
            run.close();
        }
    }

    @Test
    void theExportedFileGivesTheSameLogitsWithin1e5() {
        OnnxMetadata metadata = new OnnxMetadata(
                Task.CLASSIFICATION, run.data().classes(), null, run.data().preprocessing(), 1, "x", "test");
        byte[] file = OnnxExport.write(run.network(), 1, 1, null, metadata, "1");
        Parity parity = new Parity();
        try (OnnxModel model = new OnnxModel(file)) {
            parity.compare(run.network(), model, pixels, IMAGES);
        }
        System.out.println("ResNet-18, ONNX Runtime against libtorch, 64 real images: " + parity.maxAbs());
        assertThat(parity.maxAbs()).isLessThan(1e-5);
    }

    @Test
    void torchvisionGivesTheSameLogitsWithin1e4() throws Exception {
        assumeThat(hasTorchvision()).as(DEBIAN_PYTHON + " with torchvision").isTrue();
        float[] here = Parity.logits(run.network(), pixels, IMAGES);
        float[] there = torchvision(run.network());
        double maxAbs = 0;
        for (int i = 0; i < here.length; i++) {
            maxAbs = Math.max(maxAbs, Math.abs(here[i] - there[i]));
        }
        System.out.println("ResNet-18, torchvision against ours, 64 real images: " + maxAbs);
        assertThat(there).hasSameSizeAs(here);
        assertThat(maxAbs).isLessThan(1e-4);
    }

    private static float[] torchvision(Network network) throws Exception {
        StringBuilder names = new StringBuilder();
        ByteArrayOutputStream weights = new ByteArrayOutputStream();
        for (Map.Entry<String, Shape> parameter : network.shapes().entrySet()) {
            names.append(parameter.getKey());
            for (long dim : parameter.getValue().getShape()) {
                names.append(' ').append(dim);
            }
            names.append('\n');
            weights.write(bytes(network.weights(parameter.getKey())));
        }
        Files.writeString(folder.resolve("names.txt"), names);
        Files.write(folder.resolve("weights.bin"), weights.toByteArray());
        Files.writeString(folder.resolve("input.txt"), IMAGES + " 3 " + SIDE + " " + SIDE);
        Files.write(folder.resolve("input.bin"), bytes(normalised()));
        Path script = folder.resolve("torchvision_resnet18.py");
        try (var in = ResNetParityTest.class.getResourceAsStream("/torchvision_resnet18.py")) {
            Files.write(script, in.readAllBytes());
        }
        python(
                script.toString(),
                folder.toString(),
                Integer.toString(run.data().classes().size()));
        ByteBuffer logits = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("logits.bin")))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[logits.remaining() / Float.BYTES];
        logits.asFloatBuffer().get(values);
        return values;
    }

    /** As torchvision.transforms does it: /255, minus mean, by deviation, channels first. */
    private static float[] normalised() {
        float[] mean = {0.485f, 0.456f, 0.406f};
        float[] std = {0.229f, 0.224f, 0.225f};
        float[] values = new float[IMAGES * 3 * SIDE * SIDE];
        int to = 0;
        for (int image = 0; image < IMAGES; image++) {
            for (int channel = 0; channel < 3; channel++) {
                for (int i = 0; i < SIDE * SIDE; i++) {
                    int value = pixels.get((image * SIDE * SIDE + i) * 3 + channel) & 0xFF;
                    values[to++] = (value / 255f - mean[channel]) / std[channel];
                }
            }
        }
        return values;
    }

    private static boolean hasTorchvision() throws Exception {
        return Files.isExecutable(DEBIAN_PYTHON)
                && new ProcessBuilder(DEBIAN_PYTHON.toString(), "-c", "import torchvision")
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
    }

    private static void python(String... arguments) throws Exception {
        Path log = folder.resolve("python.log");
        List<String> command = new ArrayList<>(List.of(DEBIAN_PYTHON.toString()));
        command.addAll(List.of(arguments));
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start()
                .waitFor();
        assertThat(code).as(Files.readString(log)).isZero();
    }

    private static List<Manifest.Entry> everyNth(Manifest manifest, int n) {
        return Stream.of(Split.TRAIN, Split.TEST)
                .flatMap(split -> {
                    List<Manifest.Entry> entries = manifest.of(split);
                    return java.util.stream.IntStream.range(0, entries.size())
                            .filter(i -> i % n == 0)
                            .mapToObj(entries::get);
                })
                .toList();
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        return buffer.array();
    }
}
