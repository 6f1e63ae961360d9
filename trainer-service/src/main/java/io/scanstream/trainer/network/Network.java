package io.scanstream.trainer.network;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.recipe.InvalidRecipeException;
import io.scanstream.contracts.recipe.NamePattern;
import io.scanstream.contracts.recipe.Problem;
import io.scanstream.contracts.recipe.Recipe;
import io.scanstream.trainer.libtorch.Libtorch;
import io.scanstream.trainer.weights.ElementType;
import io.scanstream.trainer.weights.StoredTensor;
import io.scanstream.trainer.weights.WeightFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A network with weights. The weights are DJL arrays under one manager, named as in torchvision; libtorch computes on the
 * same memory. Not for use by several threads at once. The caller closes it.
 */
@SuppressWarnings("try") // scopes and guards act by being open
public final class Network implements AutoCloseable {
    /** Of a convolution's kernels. */
    private static final int MAP_DIMENSIONS = 4;

    /** PyTorch's batch norms count their batches; nothing is computed from it. */
    private static final String BATCH_COUNTER = "num_batches_tracked";

    private final Blueprint blueprint;
    private final Libtorch libtorch;
    private final NDManager manager;
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Map<String, Tensor> views = new LinkedHashMap<>();
    private final TensorVector trained = new TensorVector();
    private final Map<String, Tensor> trainedByName = new LinkedHashMap<>();
    private final Layer.Trainable layers;
    private final Tensor scale;
    private final Tensor shift;
    private Set<String> frozen = Set.of();
    private Precision precision = Precision.FLOAT32;

    /**
     * Builds the network with fresh weights.
     *
     * @param seed the same seed gives the same weights
     */
    public Network(Blueprint blueprint, Libtorch libtorch, long seed) {
        this.blueprint = blueprint;
        this.libtorch = libtorch;
        this.manager = libtorch.newManager();
        torch.manual_seed(seed);
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            for (Parameter parameter : blueprint.parameters()) {
                add(parameter);
            }
        }
        this.layers = blueprint.body().build(blueprint.top(), new Layer.Parameters() {
            @Override
            public Tensor get(String name) {
                return view(name);
            }

            @Override
            public boolean frozen(String name) {
                return frozen.contains(name);
            }
        });
        this.scale = Libtorch.view(manager.create(blueprint.inputScale()));
        this.shift = Libtorch.view(manager.create(blueprint.inputShift()));
    }

    private void add(Parameter parameter) {
        Tensor view = room(parameter.shape());
        // Drawn on the CPU, so that a seed means the same weights on every device.
        Tensor start = torch.zeros(parameter.shape().getShape());
        parameter.start().fill(start);
        view.copy_(start);
        if (parameter.trained()) {
            view.requires_grad_(true);
            trained.push_back(view);
            trainedByName.put(parameter.name(), view);
        }
        shapes.put(parameter.name(), parameter.shape());
        views.put(parameter.name(), view.retainReference());
    }

    /** Zeros in an array of the manager; kernels with their channels last in memory, as the maps that they are moved over. */
    private Tensor room(Shape shape) {
        if (shape.dimension() != MAP_DIMENSIONS) {
            return Libtorch.view(manager.zeros(shape, DataType.FLOAT32));
        }
        Shape inMemory = new Shape(shape.get(0), shape.get(2), shape.get(3), shape.get(1));
        return Libtorch.view(manager.zeros(inMemory, DataType.FLOAT32)).permute(0, 3, 1, 2);
    }

    private Tensor view(String name) {
        Tensor view = views.get(name);
        if (view == null) {
            throw new IllegalStateException("no parameter '" + name + "' among " + views.keySet());
        }
        return view;
    }

    public Blueprint blueprint() {
        return blueprint;
    }

    public Libtorch libtorch() {
        return libtorch;
    }

    /**
     * Leaves parameters as they are from now on, and lets all others learn. What is frozen gets no gradient, which
     * optimizers pass over; a frozen batch norm keeps its statistics.
     */
    public void freeze(Set<String> names) {
        frozen = Set.copyOf(names);
        for (Parameter parameter : blueprint.parameters()) {
            if (parameter.trained()) {
                Tensor unused = view(parameter.name()).requires_grad_(!frozen.contains(parameter.name()));
            }
        }
    }

    /** What an optimizer moves, the frozen ones too; views of this network's memory. */
    public TensorVector trainedParameters() {
        return trained;
    }

    /** The same ones by their names, in the order of the layers. */
    public Map<String, Tensor> trainedByName() {
        return Collections.unmodifiableMap(trainedByName);
    }

    /** All weights and running statistics, in the order of the layers; views of this network's memory. */
    public Collection<Tensor> tensors() {
        return Collections.unmodifiableCollection(views.values());
    }

    /** The running statistics among them, which no optimizer moves. */
    public List<Tensor> statistics() {
        return views.entrySet().stream()
                .filter(view -> !trainedByName.containsKey(view.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** Sets what training's forward and backward passes compute with. Evaluation always computes with float32. */
    public void trainWith(Precision precision) {
        this.precision = precision;
    }

    /** What training's forward and backward passes compute with. */
    public Precision precision() {
        return precision;
    }

    /**
     * The logits of a batch. To be called within the step's {@code PointerScope}, which the result lives in.
     *
     * @param scans {@code [N, height, width, channels]} uint8 on the device
     * @param training whether batch statistics are used and dropout drops
     * @return {@code [N, outputs]} float32
     */
    public Tensor forward(Tensor scans, boolean training) {
        return forwardPixels(scans.to(torch.ScalarType.Float), training);
    }

    /** As {@link #forward(Tensor, boolean)}, from pixels on the CPU, which have to outlive the result there. */
    public Tensor forward(ByteBuffer pixels, int count, boolean training) {
        return forward(pixels, count, blueprint.heightPx(), blueprint.widthPx(), training);
    }

    /** As {@link #forward(ByteBuffer, int, boolean)}, from parts of another size than the network's input. */
    public Tensor forward(ByteBuffer pixels, int count, int heightPx, int widthPx, boolean training) {
        return forward(libtorch.upload(pixels, count, heightPx, widthPx, blueprint.channels()), training);
    }

    /**
     * As {@link #forward(Tensor, boolean)}, from float32 pixels, 0 to 255, which may be on the autograd tape. They go on as {@code [N, C, H,
     * W]} with channels last in memory, the order in which libtorch's convolutions are fastest on CPUs.
     */
    public Tensor forwardPixels(Tensor scans, boolean training) {
        Tensor map = normalised(scans);
        if (!training || precision == Precision.FLOAT32) {
            return layers.forward(map, training);
        }
        return layers.forward(map.to(torch.ScalarType.BFloat16), true).to(torch.ScalarType.Float);
    }

    private Tensor normalised(Tensor pixels) {
        return pixels.mul(scale).add(shift).permute(0, 3, 1, 2);
    }

    /**
     * The logits as the exported file gives them: in evaluation, averaged over the views. As for {@link #forward(ByteBuffer, int,
     * boolean)}, the pixels have to outlive the result.
     */
    public Tensor score(ByteBuffer pixels, int count) {
        Tensor bytes = libtorch.upload(pixels, count, blueprint.heightPx(), blueprint.widthPx(), blueprint.channels());
        return scorePixels(bytes.to(torch.ScalarType.Float));
    }

    /** As {@link #score}, from float32 pixels, 0 to 255, which may be on the autograd tape. */
    public Tensor scorePixels(Tensor scans) {
        Tensor map = normalised(scans);
        TensorVector logits = new TensorVector();
        for (View view : blueprint.views()) {
            Tensor seen = layers.forward(view.of(map), false);
            logits.push_back(blueprint.segments() ? view.undo(seen) : seen);
        }
        return logits.size() == 1 ? logits.get(0) : torch.stack(logits).mean(0);
    }

    /** The values of one parameter, copied from the device, in the order of its shape. */
    public float[] weights(String name) {
        try (NDManager temporary = libtorch.newManager();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return copied(name, temporary).toFloatArray();
        }
    }

    /** Names and shapes of all parameters and running statistics, in the order of the layers. */
    public Map<String, Shape> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    /** Writes all weights as safetensors, by name. */
    public void save(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                NDManager temporary = libtorch.newManager();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            NDList all = new NDList();
            shapes.keySet().forEach(name -> all.add(copied(name, temporary)));
            all.encode(out, NDList.Encoding.SAFETENSORS);
        }
    }

    private NDArray copied(String name, NDManager manager) {
        Tensor view = view(name);
        NDArray copy = manager.zeros(requireNonNull(shapes.get(name)), DataType.FLOAT32);
        copy.setName(name);
        Libtorch.view(copy).copy_(view);
        return copy;
    }

    /**
     * Takes all weights from a safetensors file that {@link #save} wrote, or that names the same ones.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the first weight that is missing or has another shape
     */
    public void load(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                NDManager temporary = libtorch.newManager();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, NDArray> stored = new LinkedHashMap<>();
            for (NDArray array : NDList.decode(temporary, in)) {
                stored.put(array.getName(), array);
            }
            shapes.forEach(
                    (name, shape) -> view(name).copy_(Libtorch.view(requireSame(file, name, shape, stored.get(name)))));
        }
    }

    /**
     * Takes weights by name from a file that was written elsewhere; elements of other types become float32.
     *
     * @param recipe says which of them are to be taken
     * @return what became of each tensor
     * @throws io.scanstream.contracts.recipe.InvalidRecipeException when one that was to be taken is missing or has
     *     another shape; the network is then to be thrown away
     */
    public LoadReport take(WeightFile file, Recipe.Network recipe) throws IOException {
        List<NamePattern> wanted = recipe.load().stream().map(NamePattern::of).toList();
        List<String> loaded = new ArrayList<>();
        List<String> fresh = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        List<LoadReport.WrongShape> wrongShape = new ArrayList<>();
        for (Map.Entry<String, Shape> entry : shapes().entrySet()) {
            String name = entry.getKey();
            List<Long> here = Arrays.stream(entry.getValue().getShape()).boxed().toList();
            StoredTensor stored = file.tensors().get(name);
            if ((!recipe.head().isEmpty() && blueprint.inHead(name))
                    || wanted.stream().noneMatch(pattern -> pattern.matches(name))) {
                fresh.add(name);
            } else if (stored == null) {
                missing.add(name);
            } else if (!stored.shape().equals(here)) {
                wrongShape.add(new LoadReport.WrongShape(name, stored.shape(), here));
            } else {
                copy(file, stored);
                loaded.add(name);
            }
        }
        List<String> unexpected = file.tensors().keySet().stream()
                .filter(name -> !shapes.containsKey(name) && !name.endsWith(BATCH_COUNTER))
                .toList();
        requireMatching(recipe.load());
        LoadReport report = new LoadReport(loaded, fresh, missing, wrongShape, unexpected);
        report.require(blueprint);
        return report;
    }

    private void requireMatching(List<String> patterns) {
        List<Problem> problems = new ArrayList<>();
        for (int i = 0; i < patterns.size(); i++) {
            NamePattern pattern = NamePattern.of(patterns.get(i));
            if (shapes.keySet().stream().noneMatch(pattern::matches)) {
                problems.add(new Problem(
                        "recipe.network.load[" + i + "]",
                        "'" + patterns.get(i) + "' matches none of the network's " + shapes.size() + " tensors."));
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidRecipeException(problems);
        }
    }

    private void copy(WeightFile file, StoredTensor stored) throws IOException {
        long bytes = stored.span() * stored.type().bytes();
        if (bytes > Integer.MAX_VALUE) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, file.file() + ": '" + stored.name() + "' has more than 2 GiB.");
        }
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor flat = torch.empty(
                    new long[] {stored.span()},
                    new TensorOptions(scalarType(stored.type())),
                    new MemoryFormatOptional());
            file.read(stored, new BytePointer(flat.data_ptr()).capacity(bytes).asByteBuffer());
            view(stored.name()).copy_(torch.as_strided(flat, longs(stored.shape()), longs(stored.strides())));
        }
    }

    private static torch.ScalarType scalarType(ElementType type) {
        return switch (type) {
            case FLOAT32 -> torch.ScalarType.Float;
            case FLOAT64 -> torch.ScalarType.Double;
            case FLOAT16 -> torch.ScalarType.Half;
            case BFLOAT16 -> torch.ScalarType.BFloat16;
            case INT64 -> torch.ScalarType.Long;
            case INT32 -> torch.ScalarType.Int;
        };
    }

    private static long[] longs(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).toArray();
    }

    private static NDArray requireSame(Path file, String name, Shape here, @Nullable NDArray stored) {
        if (stored == null || !stored.getShape().equals(here)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    file + ": expected the weight '" + name + "' of shape " + here + ", but "
                            + (stored == null ? "it is not there." : "it is " + stored.getShape() + "."));
        }
        return stored;
    }

    @Override
    public void close() {
        trained.close();
        views.values().forEach(Tensor::releaseReference);
        manager.close();
    }
}
