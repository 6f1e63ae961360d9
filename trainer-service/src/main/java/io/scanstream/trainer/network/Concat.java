package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Branches that all take what comes in; their channels are put one after another. A branch without layers passes it on:
 * with one that goes down and up again it is the skip connection of a U-Net.
 */
public record Concat(
        @Setting(NAME) @Nullable String name,

        @Setting("The branches, two or more, each a list of layers; [] passes on what comes in.")
        List<List<Layer>> branches)
        implements Layer {

    public Concat {
        branches = branches.stream().map(List::copyOf).toList();
    }

    @Override
    public Shape outputShape(Site at) {
        if (branches.size() < 2) {
            throw at.invalid("concat.branches: two or more are needed, there are " + branches.size() + ".");
        }
        Shape first = shapeOf(at, 0);
        long channels = first.get(0);
        for (int i = 1; i < branches.size(); i++) {
            Shape other = shapeOf(at, i);
            if (!other.slice(1).equals(first.slice(1))) {
                throw at.invalid("the first branch gives " + first + " but branch " + i + " gives " + other
                        + ". Everything but the channels has to agree; does the input's side divide by the strides?");
            }
            channels += other.get(0);
        }
        long[] shape = first.getShape().clone();
        shape[0] = channels;
        return new Shape(shape);
    }

    private Shape shapeOf(Site at, int branch) {
        return branch(branch).outputShape(site(at, branch));
    }

    @Override
    public List<Parameter> parameters(Site at) {
        List<Parameter> parameters = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            parameters.addAll(branch(i).parameters(site(at, i)));
        }
        return parameters;
    }

    @Override
    public long multiplications(Site at) {
        long all = 0;
        for (int i = 0; i < branches.size(); i++) {
            all += branch(i).multiplications(site(at, i));
        }
        return all;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        List<Trainable> built = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            built.add(branch(i).build(site(at, i), parameters));
        }
        return (x, training) -> torch.cat(
                new TensorVector(built.stream()
                        .map(branch -> branch.forward(x, training))
                        .toArray(Tensor[]::new)),
                1);
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            values.add(branch(i).emit(graph, x, site(at, i), weights));
        }
        return graph.node("Concat", at.path(), values, OnnxGraph.integer("axis", 1));
    }

    private Sequential branch(int index) {
        return new Sequential(null, branches.get(index));
    }

    private static Site site(Site at, int index) {
        return at.child(Integer.toString(index), at.in());
    }
}
