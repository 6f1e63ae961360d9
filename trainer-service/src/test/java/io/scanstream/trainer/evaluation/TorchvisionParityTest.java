package io.scanstream.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.trainer.DebianPython;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.network.Blueprints;
import io.scanstream.trainer.network.LoadReport;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.network.OnnxExport;
import io.scanstream.trainer.onnx.OnnxModel;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Networks that torchvision has made and saved: their weights load by name, ours gives the logits of theirs, the exported
 * file those of ours, and ONNX's own checker passes the file.
 */
class TorchvisionParityTest {
    private static final int OUTPUTS = 5;
    private static final int IMAGES = 4;

    @TempDir
    Path folder;

    private final Libtorch libtorch = Libtorch.start(DeviceChoice.CPU);

    @ParameterizedTest
    @CsvSource({
        "resnet18, resnet18, 96, 0",
        "resnet34, resnet34, 64, 0",
        "resnet50, resnet50, 70, 0",
        "vgg16, vgg16, 64, 0",
        "vgg16, vgg16, 64, 2",
        "vgg16-bn, vgg16_bn, 64, 1",
        "efficientnet-b0, efficientnet_b0, 80, 0"
    })
    void loadsByNameAndGivesTheSameLogits(String ours, String theirs, int side, int poolSide) throws Exception {
        DebianPython.require("torchvision");
        ByteBuffer pixels = noise(side);
        DebianPython.run(
                "torchvision_weights.py",
                folder.toString(),
                theirs,
                Integer.toString(OUTPUTS),
                Integer.toString(side),
                Integer.toString(poolSide));
        Recipe recipe = recipe(ours, side, poolSide);
        try (Network network = new Network(Blueprints.of(recipe, OUTPUTS), libtorch, 1);
                WeightFile weights = WeightFile.open(folder.resolve("weights.pth"))) {
            LoadReport report = network.take(weights, recipe.network());
            assertThat(report.loaded()).hasSameSizeAs(network.shapes().keySet());
            assertThat(report.unexpected()).isEmpty();
            double off = maxAbs(Parity.logits(network, pixels, IMAGES), logits());
            System.out.println(ours + ", torchvision against ours, " + IMAGES + " images: " + off);
            assertThat(off).isLessThan(1e-4);
            // A file of half a gigabyte proves nothing more.
            if (!ours.equals("vgg16") || poolSide > 0) {
                exportsTheSame(network, pixels, side);
            }
        }
    }

    private void exportsTheSame(Network network, ByteBuffer pixels, int side) throws Exception {
        OnnxMetadata metadata = new OnnxMetadata(
                Task.CLASSIFICATION,
                List.of("a", "b", "c", "d", "e"),
                null,
                Preprocessing.stretched(side, side, 3),
                1,
                "x",
                "test");
        byte[] file = OnnxExport.write(network, 1, 1, null, metadata, "1");
        Parity parity = new Parity();
        try (OnnxModel model = new OnnxModel(file)) {
            parity.compare(network, model, pixels, IMAGES);
        }
        parity.require();
        DebianPython.require("onnx");
        Path onnx = Files.write(folder.resolve("model.onnx"), file);
        assertThat(DebianPython.run("onnx_check.py", onnx.toString())).startsWith("checked");
    }

    private static Recipe recipe(String architecture, int side, int poolSide) {
        return RecipeReader.read(
                """
                name: parity
                about: A test.
                data: {widthPx: %1$d, heightPx: %1$d}
                network: {architecture: %2$s, parameters: %3$s, weights: theirs}
                optimizer: {type: sgd, learningRate: 0.01}
                training: {epochs: 0, batchSize: 16}
                """.formatted(side, architecture, poolSide == 0 ? "{}" : "{poolSide: " + poolSide + "}")
                        .getBytes(StandardCharsets.UTF_8));
    }

    private ByteBuffer noise(int side) throws IOException {
        byte[] bytes = new byte[IMAGES * side * side * 3];
        new Random(4).nextBytes(bytes);
        Files.write(folder.resolve("pixels.bin"), bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private float[] logits() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("logits.bin")))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static double maxAbs(float[] one, float[] other) {
        assertThat(one).hasSameSizeAs(other);
        double maxAbs = 0;
        for (int i = 0; i < one.length; i++) {
            maxAbs = Math.max(maxAbs, Math.abs(one[i] - other[i]));
        }
        return maxAbs;
    }
}
