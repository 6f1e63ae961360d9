package io.scanstream.trainer.network;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import io.scanstream.trainer.libtorch.DeviceChoice;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
        Layer conv = new Conv("conv", 6, 3, 1, 1, 1, 1, false, Conv.Start.DEFAULT);
        return Stream.of(
                new Case(new Conv(null, 8, 3, 1, 1, 1, 1, true, Conv.Start.DEFAULT), MAP),
                new Case(new Conv(null, 4, 5, 2, 2, 1, 2, false, Conv.Start.KAIMING_NORMAL), MAP),
                new Case(new Conv(null, 6, 3, 1, 0, 2, 6, true, Conv.Start.DEFAULT), MAP),
                new Case(new BatchNorm(null, 1e-5, 0.1), MAP),
                new Case(new BatchNorm(null, 1e-3, 0.1), VECTOR),
                new Case(new Dropout(null, 0.5), MAP),
                new Case(new MaxPool(null, 2, 2, 0), MAP),
                new Case(new MaxPool(null, 3, 2, 1), MAP),
                new Case(new AdaptiveAveragePool(null, 1), MAP),
                new Case(new AdaptiveAveragePool(null, 2), MAP),
                new Case(new Flatten(null), MAP),
                new Case(new Linear(null, 7, true), VECTOR),
                new Case(new Linear(null, 7, false), VECTOR),
                new Case(new Relu(null), MAP),
                new Case(
                        new Sequential(
                                null,
                                List.of(conv, new BatchNorm(null, 1e-5, 0.1), new Relu(null), new Dropout(null, 0.3))),
                        MAP),
                new Case(
                        new Sequential(
                                null,
                                List.of(
                                        new Conv(null, 5, 1, 1, 0, 1, 1, true, Conv.Start.DEFAULT),
                                        new BatchNorm(null, 1e-5, 0.1))),
                        MAP),
                new Case(new Residual(null, List.of(conv, new BatchNorm("norm", 1e-5, 0.1)), List.of()), MAP),
                new Case(
                        new Residual(
                                null,
                                List.of(new Conv("conv", 8, 3, 2, 1, 1, 1, false, Conv.Start.DEFAULT)),
                                List.of(
                                        new Conv(null, 8, 1, 2, 0, 1, 1, false, Conv.Start.DEFAULT),
                                        new BatchNorm(null, 1e-5, 0.1))),
                        MAP));
    }

    @BeforeAll
    static void start() {
        Libtorch.start(DeviceChoice.CPU);
    }

    @Test
    @SuppressWarnings("unchecked")
    void everyLayerHasACaseAndAName() {
        assertThat(cases().map(one -> one.layer().getClass()).distinct())
                .containsExactlyInAnyOrder(Arrays.stream(Layer.class.getPermittedSubclasses())
                        .map(type -> type.asSubclass(Layer.class))
                        .toArray(Class[]::new));
        assertThat(Arrays.stream(Layer.class.getAnnotation(JsonSubTypes.class).value())
                        .map(JsonSubTypes.Type::value))
                .containsExactlyInAnyOrder(Layer.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void computesInOnnxRuntimeWhatLibtorchComputes(Case one) throws Exception {
        Site at = new Site("", one.in());
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
        Site at = new Site("", one.in());
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
