package io.scanstream.trainer.evaluation;

import io.scanstream.contracts.model.DecisionRule;
import io.scanstream.contracts.model.Golden;
import io.scanstream.contracts.model.OnnxMetadata;
import io.scanstream.contracts.model.Preprocessing;
import io.scanstream.contracts.model.Task;
import io.scanstream.imaging.ClassMap;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.imaging.PngWriter;
import io.scanstream.imaging.Preprocessor;
import io.scanstream.trainer.network.Network;
import io.scanstream.trainer.onnx.OnnxModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Makes the images by which a package is verified wherever it runs: drawn blobs of several odd sizes, and for every class
 * one that is decided for it, found by walking up the network's gradient from drawn blobs. No patient's pixel is in them.
 */
@SuppressWarnings("try") // scopes and guards act by being open
final class GoldenImages {
    /** Width and height: tiny, odd, wide, tall, large. */
    private static final int[][] SIZES = {{1, 1}, {37, 53}, {301, 17}, {19, 240}, {512, 384}};

    private static final long SEED = 20_260_101;
    private static final int WALK_STEPS = 60;
    private static final double WALK_LEVELS = 4;

    /** A walk ends here: certain enough for one decision everywhere, without logits far larger than real scans'. */
    private static final double REACHED = 0.8;

    private final Network network;
    private final OnnxModel model;
    private final DecisionRule rule;
    private final Preprocessing input;

    GoldenImages(Network network, OnnxModel model, DecisionRule rule) {
        this.network = network;
        this.model = model;
        this.rule = rule;
        this.input = model.metadata().preprocessing();
    }

    /** Writes the images as PNG files and returns their scores; a class that no walk reaches has no image of its own. */
    Golden write(Path folder) throws IOException {
        List<Golden.Case> cases = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(SEED);
        for (int[] size : SIZES) {
            byte[] pixels = blobs(random, size[0], size[1], input.channels());
            byte[] png = PngWriter.encode(pixels, size[0], size[1], input.channels());
            cases.add(save(folder, "size-" + size[0] + "x" + size[1] + ".png", png));
        }
        OnnxMetadata metadata = model.metadata();
        for (int k = 0; k < metadata.classes().size(); k++) {
            byte[] start = blobs(random, input.widthPx(), input.heightPx(), input.channels());
            byte[] png = PngWriter.encode(walk(start, k), input.widthPx(), input.heightPx(), input.channels());
            if (answer(score(model, png)).decided() == k) {
                cases.add(save(folder, "class-" + k + ".png", png));
            }
        }
        return new Golden(cases);
    }

    private Golden.Case save(Path folder, String name, byte[] png) throws IOException {
        Files.write(folder.resolve(name), png);
        Answer answer = answer(score(model, png));
        String maskFile = null;
        if (answer.map() != null) {
            maskFile = name.replace(".png", ".mask.png");
            Files.write(folder.resolve(maskFile), answer.map().png());
        }
        return new Golden.Case(
                name,
                answer.logits(),
                answer.probabilities(),
                model.metadata().classes().get(answer.decided()),
                answer.distance(),
                maskFile);
    }

    /**
     * One image's scores as golden cases have them.
     *
     * @param distance from the training images; absent where the model has no such output
     * @param map of a segmenter only
     */
    record Answer(
            List<Double> logits,
            List<Double> probabilities,
            int decided,
            @Nullable Double distance,
            @Nullable ClassMap map) {}

    private Answer answer(OnnxModel.Scores scores) {
        return answer(model.metadata(), rule, scores);
    }

    static Answer answer(OnnxMetadata model, DecisionRule rule, OnnxModel.Scores scores) {
        float[] logits = scores.logits()[0];
        float[] probabilities = scores.probabilities()[0];
        if (model.task() == Task.CLASSIFICATION) {
            Double distance = scores.distances() == null ? null : (double) scores.distances()[0];
            return new Answer(doubles(logits), doubles(probabilities), rule.decide(probabilities), distance, null);
        }
        int width = model.preprocessing().widthPx();
        int height = model.preprocessing().heightPx();
        ClassMap map = ClassMap.of(probabilities, model.classes().size(), width, height);
        List<Double> sampled = new ArrayList<>();
        for (int output = 0; output < logits.length / (width * height); output++) {
            for (int point : Golden.samplePoints(width, height)) {
                sampled.add((double) logits[output * width * height + point]);
            }
        }
        List<Double> means = DoubleStream.of(map.meanProbabilities()).boxed().toList();
        return new Answer(sampled, means, map.mostFrequent(), null, map);
    }

    /** Scores one encoded image as serving does: decode, preprocess, run. */
    static OnnxModel.Scores score(OnnxModel model, byte[] encoded) {
        return model.score(preprocessed(model.metadata().preprocessing(), List.of(encoded)), 1);
    }

    /** Encoded images as one batch: direct, uint8 {@code [images, height, width, channels]}. */
    static ByteBuffer preprocessed(Preprocessing preprocessing, List<byte[]> encoded) {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        Preprocessor preprocessor = new Preprocessor(preprocessing);
        ByteBuffer batch = ByteBuffer.allocateDirect(encoded.size() * preprocessing.sizeBytes());
        encoded.forEach(image -> batch.put(preprocessor.apply(decoder.decode(image))));
        return batch.flip();
    }

    /** Soft coloured blobs on a coloured ground with a little noise, uint8 {@code [height, width, channels]}. */
    private static byte[] blobs(SplittableRandom random, int width, int height, int channels) {
        double[] values = new double[width * height * channels];
        for (int channel = 0; channel < channels; channel++) {
            double ground = random.nextDouble() * 255;
            for (int i = channel; i < values.length; i += channels) {
                values[i] = ground + random.nextDouble() * 16 - 8;
            }
        }
        for (int blob = 0; blob < 24; blob++) {
            double x0 = random.nextDouble() * width;
            double y0 = random.nextDouble() * height;
            double radius = (0.02 + 0.15 * random.nextDouble()) * Math.max(width, height);
            double[] colour = random.doubles(channels, -160, 160).toArray();
            for (int i = 0; i < values.length; i++) {
                int row = i / (width * channels);
                int column = i / channels % width;
                double dx = (column - x0) / radius;
                double dy = (row - y0) / radius;
                values[i] += colour[i % channels] * Math.exp(-dx * dx - dy * dy);
            }
        }
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) Math.max(0, Math.min(255, Math.round(values[i])));
        }
        return pixels;
    }

    /** Steps along the sign of the gradient (Goodfellow et al. 2015) towards a class. */
    private byte[] walk(byte[] start, int wanted) {
        try (PointerScope scope = new PointerScope();
                AutoGradMode gradients = new AutoGradMode(true)) {
            ByteBuffer direct =
                    ByteBuffer.allocateDirect(start.length).put(start).flip();
            Tensor x = network.libtorch()
                    .upload(direct, 1, input.heightPx(), input.widthPx(), input.channels())
                    .to(torch.ScalarType.Float);
            for (int step = 0; step < WALK_STEPS; step++) {
                Tensor leaf = x.detach().requires_grad_(true);
                Tensor logits = network.scorePixels(leaf);
                Tensor logProbability = logProbability(logits, wanted);
                if (Math.exp(logProbability.item_double()) >= REACHED) {
                    break;
                }
                logProbability.backward();
                x = leaf.detach()
                        .add(leaf.grad().sign(), new Scalar(WALK_LEVELS))
                        .clamp_(optional(0), optional(255));
            }
            byte[] pixels = new byte[start.length];
            new BytePointer(x.round()
                            .to(torch.ScalarType.Byte)
                            .cpu()
                            .contiguous()
                            .data_ptr())
                    .get(pixels);
            return pixels;
        }
    }

    /** Log of the wanted class's probability; of a segmenter, its mean over the pixels. */
    private Tensor logProbability(Tensor logits, int wanted) {
        if (logits.size(1) > 1) {
            return torch.log_softmax(logits, 1).select(1, wanted).mean();
        }
        Tensor towards = wanted == positive() ? logits : logits.neg();
        return torch.log_sigmoid(towards).mean();
    }

    private int positive() {
        String named = model.metadata().positiveClass();
        return named == null ? 1 : model.metadata().classes().indexOf(named);
    }

    private static org.bytedeco.pytorch.ScalarOptional optional(double value) {
        return new org.bytedeco.pytorch.ScalarOptional(new Scalar(value));
    }

    private static List<Double> doubles(float[] values) {
        List<Double> list = new ArrayList<>();
        for (float value : values) {
            list.add((double) value);
        }
        return list;
    }
}
