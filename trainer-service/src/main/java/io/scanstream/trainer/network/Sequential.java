package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import io.scanstream.contracts.recipe.Setting;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Layers one after another. On export batch norms beside a convolution or a linear layer are folded into it, where that
 * computes the same.
 */
public record Sequential(
        @Setting(NAME) @Nullable String name,
        @Setting("The layers, first to last.") List<Layer> layers) implements Layer {

    public Sequential {
        layers = List.copyOf(layers);
    }

    @Override
    public Shape outputShape(Site at) {
        Shape shape = at.in();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < layers.size(); i++) {
            Site child = site(at, i, shape);
            if (!names.add(child.path())) {
                throw child.invalid("two layers of one list have this name.");
            }
            shape = layers.get(i).outputShape(child);
        }
        return shape;
    }

    @Override
    public List<Parameter> parameters(Site at) {
        List<Parameter> parameters = new ArrayList<>();
        List<Site> sites = sites(at);
        for (int i = 0; i < layers.size(); i++) {
            parameters.addAll(layers.get(i).parameters(sites.get(i)));
        }
        return parameters;
    }

    @Override
    public long multiplications(Site at) {
        List<Site> sites = sites(at);
        long all = 0;
        for (int i = 0; i < layers.size(); i++) {
            all += layers.get(i).multiplications(sites.get(i));
        }
        return all;
    }

    @Override
    public Trainable build(Site at, Parameters parameters) {
        List<Site> sites = sites(at);
        List<Trainable> steps = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            boolean overwrites =
                    layers.get(i) instanceof Relu && i > 0 && layers.get(i - 1).givesItsResultAway();
            steps.add(overwrites ? Relu.inPlace() : layers.get(i).build(sites.get(i), parameters));
        }
        return (x, training) -> {
            Tensor value = x;
            for (Trainable step : steps) {
                value = step.forward(value, training);
            }
            return value;
        };
    }

    @Override
    public String emit(OnnxGraph graph, String x, Site at, Weights weights) {
        List<Site> sites = sites(at);
        String value = x;
        Foldable.@Nullable Affine before = null;
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            Layer next = i + 1 < layers.size() ? layers.get(i + 1) : null;
            if (layer instanceof BatchNorm norm && next instanceof Foldable taker && taker.takesNormBefore()) {
                before = norm.affine(sites.get(i), weights);
            } else if (layer instanceof Foldable taker) {
                Site place = sites.get(i);
                Foldable.@Nullable Affine after = null;
                if (next instanceof BatchNorm norm) {
                    i++;
                    after = norm.affine(sites.get(i), weights);
                }
                value = taker.emitFolded(graph, value, place, weights, before, after);
                before = null;
            } else {
                value = layer.emit(graph, value, sites.get(i), weights);
            }
        }
        return value;
    }

    private List<Site> sites(Site at) {
        List<Site> sites = new ArrayList<>();
        Shape shape = at.in();
        for (int i = 0; i < layers.size(); i++) {
            Site child = site(at, i, shape);
            sites.add(child);
            shape = layers.get(i).outputShape(child);
        }
        return sites;
    }

    private Site site(Site at, int index, Shape in) {
        String own = layers.get(index).name();
        return at.child(own == null ? Integer.toString(index) : own, in);
    }
}
