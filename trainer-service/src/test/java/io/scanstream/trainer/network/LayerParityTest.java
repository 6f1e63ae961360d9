package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.google.protobuf.InvalidProtocolBufferException;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every layer computes in libtorch what its ONNX nodes compute in ONNX Runtime. */
@SuppressWarnings("try") // scopes and guards act by being open
class LayerParityTest {
    private static final int BATCH = 3;
    private static final Shape MAP = new Shape(6, 12, 10);
    private static final Shape VECTOR = new Shape(20);

    record Case(Layer layer, Shape in) {}

    static Stream<Case> cases() {
        Conv conv = Conv.of(6, 3).named("conv").padding(1).withoutBias();
        BatchNorm norm = BatchNorm.named(null);
        return Stream.of(
                new Case(Conv.of(8, 3).padding(1), MAP),
                new Case(
                        Conv.of(4, 5)
                                .stride(2)
                                .padding(2)
                                .groups(2)
                                .withoutBias()
                                .kaiming(),
                        MAP),
                new Case(Conv.of(6, 3).dilated(2).groups(6), MAP),
                new Case(Conv.of(8, 3).reflected(1), MAP),
                new Case(Conv.of(5, 5).reflected(2).stride(2), MAP),
                new Case(Conv.of(null, 1), MAP),
                new Case(TransposedConv.of(5, 4, 2, 1), MAP),
                new Case(new TransposedConv(null, 4, 3, 2, 1, 1, 2, false, Start.KAIMING_NORMAL), MAP),
                new Case(norm, MAP),
                new Case(new BatchNorm(null, 1e-3, 0.1), VECTOR),
                new Case(new GroupNorm(null, 3, 1e-5), MAP),
                new Case(new GroupNorm(null, 4, 1e-4), VECTOR),
                new Case(new LayerNorm(null, 1e-6), MAP),
                new Case(new LayerNorm(null, 1e-5), VECTOR),
                new Case(Dropout.of(0.5), MAP),
                new Case(new Dropout(null, 0.3, true), MAP),
                new Case(MaxPool.of(2, 2), MAP),
                new Case(new MaxPool(null, 3, null, 1, false), MAP),
                new Case(new MaxPool(null, 3, 2, 1, false), MAP),
                new Case(new MaxPool(null, 3, 2, 0, true), MAP),
                new Case(new MaxPool(null, 2, 3, 1, true), MAP),
                new Case(new MaxPool(null, 5, 3, 2, true), MAP),
                new Case(new AveragePool(null, 2, null, 0), MAP),
                new Case(new AveragePool(null, 3, 2, 1), MAP),
                new Case(new AdaptiveAveragePool(null, 1), MAP),
                new Case(new AdaptiveAveragePool(null, 2), MAP),
                new Case(new AdaptiveAveragePool(null, 7), MAP),
                new Case(new AdaptiveAveragePool(null, 16), MAP),
                new Case(new AdaptiveMaxPool(null, 1), MAP),
                new Case(new AdaptiveMaxPool(null, 2), MAP),
                new Case(new Upsample(null, 2, Upsample.Mode.NEAREST), MAP),
                new Case(new Upsample(null, 3, Upsample.Mode.BILINEAR), MAP),
                new Case(new Flatten(null), MAP),
                new Case(Linear.of(7), VECTOR),
                new Case(new Linear(null, null, false, Start.KAIMING_NORMAL), VECTOR),
                new Case(new Relu(null), MAP),
                new Case(new Tanh(null), MAP),
                new Case(new Hardtanh(null, -0.4, 0.6), MAP),
                new Case(new Sigmoid(null), MAP),
                new Case(new Silu(null), MAP),
                new Case(new Gelu(null), VECTOR),
                new Case(new Prelu(null, false), MAP),
                new Case(new Prelu(null, true), MAP),
                new Case(new Prelu(null, true), VECTOR),
                new Case(new SqueezeExcite(null, 2, SqueezeExcite.Activation.RELU), MAP),
                new Case(new SqueezeExcite(null, 3, SqueezeExcite.Activation.SILU), MAP),
                new Case(new Concat(null, List.of(List.of(), List.of(conv), List.of(Conv.of(2, 1)))), MAP),
                new Case(new Concat(null, List.of(List.of(Linear.of(3)), List.of())), VECTOR),
                new Case(sequence(conv, norm, new Relu(null), Dropout.of(0.3)), MAP),
                new Case(sequence(Conv.of(5, 1), norm), MAP),
                new Case(sequence(norm, Conv.of(4, 3).groups(2)), MAP),
                new Case(
                        sequence(
                                norm,
                                Conv.of(6, 3).reflected(1),
                                norm,
                                Conv.of(4, 3).padding(1)),
                        MAP),
                new Case(sequence(TransposedConv.of(5, 2, 2, 0), norm), MAP),
                new Case(sequence(norm, new TransposedConv(null, 4, 4, 2, 1, 0, 2, true, Start.DEFAULT), norm), MAP),
                new Case(sequence(norm, Linear.of(7), norm), VECTOR),
                new Case(sequence(new Linear(null, 6, false, Start.DEFAULT), norm, new Relu(null)), VECTOR),
                new Case(residual(List.of(conv, BatchNorm.named("norm")), List.of()), MAP),
                new Case(
                        residual(
                                List.of(conv.named("conv").stride(2)),
                                List.of(Conv.of(6, 1).stride(2), norm)),
                        MAP),
                new Case(new Residual(null, List.of(conv), List.of(), Residual.Activation.NONE, 0.5), MAP));
    }

    private static Sequential sequence(Layer... layers) {
        return new Sequential(null, List.of(layers));
    }

    private static Residual residual(List<Layer> layers, List<Layer> shortcut) {
        return new Residual(null, layers, shortcut, Residual.Activation.RELU, 0);
    }

    @BeforeAll
    static void start() {
        Libtorch.start(DeviceChoice.CPU);
    }

    @Test
    void everyLayerHasACaseAndAName() {
        Set<Class<?>> kinds = kinds(Layer.class);
        assertThat(cases().<Class<?>>map(one -> one.layer().getClass()).collect(Collectors.toSet()))
                .isEqualTo(kinds);
        assertThat(Arrays.stream(Layer.class.getAnnotation(JsonSubTypes.class).value())
                        .<Class<?>>map(JsonSubTypes.Type::value)
                        .collect(Collectors.toSet()))
                .isEqualTo(kinds);
    }

    private static Set<Class<?>> kinds(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(type.getPermittedSubclasses())
                        .flatMap(kind -> kinds(kind).stream())
                        .collect(Collectors.toSet())
                : Set.of(type);
    }

    @Test
    void normsBesideConvolutionsAndLinearLayersCostNothing() {
        BatchNorm norm = BatchNorm.named(null);
        assertThat(nodes(sequence(norm, Conv.of(4, 3), norm), MAP)).containsExactly("Conv");
        assertThat(nodes(sequence(norm, Conv.of(4, 3).reflected(1)), MAP)).containsExactly("Pad", "Conv");
        assertThat(nodes(sequence(TransposedConv.of(4, 2, 2, 0), norm), MAP)).containsExactly("ConvTranspose");
        assertThat(nodes(sequence(Linear.of(4), norm), VECTOR)).containsExactly("Gemm");
        assertThat(nodes(sequence(norm, Conv.of(4, 3).padding(1)), MAP))
                .as("zeros that are padded are not the norm's zeros")
                .containsExactly("BatchNormalization", "Conv");
    }

    private static List<String> nodes(Layer layer, Shape in) {
        Site at = site(in);
        Map<String, float[]> weights = randomWeights(layer.parameters(at));
        OnnxGraph graph = new OnnxGraph("layer");
        graph.floatOutput(
                "y",
                layer.emit(graph, graph.floatInput("x", in.getShape()), at, weights::get),
                layer.outputShape(at).getShape());
        try {
            return ModelProto.parseFrom(graph.model("test", "1", Map.of())).getGraph().getNodeList().stream()
                    .map(NodeProto::getOpType)
                    .filter(operator -> !operator.equals("Identity"))
                    .toList();
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static Site site(Shape in) {
        return new Site("", in, 4);
    }

    @Test
    void aFrozenNormAndANormOfOneValueKeepTheirStatistics() {
        Site at = site(VECTOR);
        BatchNorm norm = BatchNorm.named(null);
        Map<String, float[]> weights = randomWeights(norm.parameters(at));
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Tensor> tensors = tensors(norm.parameters(at), weights);
            Set<String> frozen = new HashSet<>();
            Layer.Trainable built = norm.build(at, new Layer.Parameters() {
                @Override
                public Tensor get(String name) {
                    return tensors.get(name);
                }

                @Override
                public boolean frozen(String name) {
                    return frozen.contains(name);
                }
            });
            Tensor mean = tensors.get("running_mean").clone();
            built.forward(tensor(random(20, 1), 1, 20), true);
            assertThat(tensors.get("running_mean").equal(mean)).isTrue();
            frozen.add("weight");
            Tensor x = tensor(random(60, 1), 3, 20);
            assertThat(built.forward(x, true).equal(built.forward(x, false))).isTrue();
            assertThat(tensors.get("running_mean").equal(mean)).isTrue();
            frozen.clear();
            built.forward(x, true);
            assertThat(tensors.get("running_mean").equal(mean)).isFalse();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void computesInOnnxRuntimeWhatLibtorchComputes(Case one) throws Exception {
        Site at = site(one.in());
        Shape out = one.layer().outputShape(at);
        Map<String, float[]> weights = randomWeights(one.layer().parameters(at));
        float[] input = random(BATCH * (int) one.in().size(), 5);

        float[] computed = computed(one, at, weights, input, out);

        OnnxGraph graph = new OnnxGraph("layer");
        String x = graph.floatInput("x", one.in().getShape());
        graph.floatOutput("y", one.layer().emit(graph, x, at, weights::get), out.getShape());
        float[] exported = run(graph.model("test", "1", Map.of()), input, one.in());
        assertThat(exported).hasSameSizeAs(computed);
        for (int i = 0; i < computed.length; i++) {
            assertThat(exported[i])
                    .as("value %d", i)
                    .isCloseTo(
                            computed[i],
                            org.assertj.core.data.Offset.offset(2e-6f * Math.max(1, Math.abs(computed[i]) * 4)));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientsReachTheInputAndEveryTrainedParameter(Case one) {
        Site at = site(one.in());
        List<Parameter> parameters = one.layer().parameters(at);
        Map<String, float[]> weights = randomWeights(parameters);
        try (PointerScope scope = new PointerScope();
                AutoGradMode gradients = new AutoGradMode(true)) {
            Map<String, Tensor> tensors = tensors(parameters, weights);
            parameters.stream().filter(Parameter::trained).forEach(p -> tensors.get(p.name())
                    .requires_grad_(true));
            Tensor x = tensor(random(BATCH * (int) one.in().size(), 5), withBatch(one.in()))
                    .requires_grad_(true);
            Tensor y = one.layer().build(at, tensors::get).forward(x, true);
            y.mul(y).sum().backward();
            assertThat(x.grad().defined()).isTrue();
            assertThat(x.grad().abs().sum().item_double()).isPositive();
            for (Parameter parameter : parameters) {
                assertThat(tensors.get(parameter.name()).grad().defined())
                        .as(parameter.name())
                        .isEqualTo(parameter.trained());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void computesInBfloat16NearlyWhatItComputesInFloat32(Case one) {
        assumeThat(Libtorch.start(DeviceChoice.CPU).multipliesBfloat16())
                .as("a processor that multiplies bfloat16 matrices")
                .isTrue();
        Site at = site(one.in());
        List<Parameter> parameters = one.layer().parameters(at);
        Map<String, float[]> weights = randomWeights(parameters);
        float[] input = random(BATCH * (int) one.in().size(), 5);
        try (PointerScope scope = new PointerScope();
                AutoGradMode gradients = new AutoGradMode(true)) {
            Passed exact = passed(one, at, tensors(parameters, weights), input, torch.ScalarType.Float);
            Passed rough = passed(one, at, tensors(parameters, weights), input, torch.ScalarType.BFloat16);

            assertThat(rough.output().scalar_type().intern()).isEqualTo(torch.ScalarType.BFloat16);
            assertNear("output", rough.output(), exact.output());
            exact.gradients().forEach((name, gradient) -> {
                assertThat(rough.gradients().get(name).scalar_type().intern()).isEqualTo(torch.ScalarType.Float);
                assertNear(name, rough.gradients().get(name), gradient);
            });
        }
    }

    /** What went forward, and came back to the trained parameters. */
    private record Passed(Tensor output, Map<String, Tensor> gradients) {}

    private static Passed passed(Case one, Site at, Map<String, Tensor> tensors, float[] input, torch.ScalarType type) {
        List<String> trained = one.layer().parameters(at).stream()
                .filter(Parameter::trained)
                .map(Parameter::name)
                .toList();
        trained.forEach(name -> tensors.get(name).requires_grad_(true));
        Tensor x = tensor(input, withBatch(one.in())).to(type).requires_grad_(true);
        Tensor y = one.layer().build(at, tensors::get).forward(x, false);
        y.mul(y).sum().backward();
        Map<String, Tensor> gradients = new HashMap<>();
        trained.forEach(name -> gradients.put(name, tensors.get(name).grad()));
        return new Passed(y, gradients);
    }

    /** 8 bits of mantissa leave some percent after a few layers. */
    private static void assertNear(String name, Tensor rough, Tensor exact) {
        double off = rough.to(torch.ScalarType.Double)
                .sub(exact.to(torch.ScalarType.Double))
                .norm()
                .item_double();
        assertThat(off / exact.to(torch.ScalarType.Double).norm().item_double())
                .as(name)
                .isLessThan(0.05);
    }

    private static float[] computed(Case one, Site at, Map<String, float[]> weights, float[] input, Shape out) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Tensor> tensors = tensors(one.layer().parameters(at), weights);
            Tensor y = one.layer().build(at, tensors::get).forward(tensor(input, withBatch(one.in())), false);
            assertThat(y.sizes().vec().get()).isEqualTo(withBatch(out));
            float[] values = new float[(int) y.numel()];
            new FloatPointer(y.contiguous().data_ptr()).get(values);
            return values;
        }
    }

    private static float[] run(byte[] model, float[] input, Shape in) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(model, options);
                OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(input), withBatch(in));
                OrtSession.Result result = session.run(Map.of("x", x))) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] copy = new float[values.remaining()];
            values.get(copy);
            return copy;
        }
    }

    private static Map<String, float[]> randomWeights(List<Parameter> parameters) {
        Map<String, float[]> weights = new HashMap<>();
        for (Parameter parameter : parameters) {
            float[] values =
                    random((int) parameter.shape().size(), parameter.name().hashCode());
            if (parameter.name().endsWith("running_var")) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = 0.5f + Math.abs(values[i]);
                }
            }
            weights.put(parameter.name(), values);
        }
        return weights;
    }

    private static Map<String, Tensor> tensors(List<Parameter> parameters, Map<String, float[]> weights) {
        Map<String, Tensor> tensors = new HashMap<>();
        parameters.forEach(p ->
                tensors.put(p.name(), tensor(weights.get(p.name()), p.shape().getShape())));
        return tensors;
    }

    private static Tensor tensor(float[] values, long... shape) {
        return Tensor.create(values).view(shape).mul(new Scalar(1)).to(torch.ScalarType.Float);
    }

    private static long[] withBatch(Shape shape) {
        List<Long> dims = new ArrayList<>(List.of((long) BATCH));
        for (long dim : shape.getShape()) {
            dims.add(dim);
        }
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    private static float[] random(int length, long seed) {
        Random random = new Random(seed);
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = (float) random.nextGaussian() * 0.5f;
        }
        return values;
    }
}
