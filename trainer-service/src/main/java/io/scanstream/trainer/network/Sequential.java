package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.scanstream.trainer.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Layers one after another. On export a batch norm right after a convolution is folded into it. */
public record Sequential(@Nullable String name, List<Layer> layers) implements Layer {

    public Sequential {
        layers = List.copyOf(layers);
    }

    @JsonCreator
    static Sequential of(
            @JsonProperty("name") @Nullable String name,
            @JsonProperty(value = "layers", required = true) List<Layer> layers) {
        return new Sequential(name, layers);
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
    public Trainable build(Site at, Parameters parameters) {
        List<Site> sites = sites(at);
        List<Trainable> steps = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            steps.add(layers.get(i).build(sites.get(i), parameters));
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
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            Layer next = i + 1 < layers.size() ? layers.get(i + 1) : null;
            if (layer instanceof Conv conv && next instanceof BatchNorm norm) {
                value = conv.emitFolded(graph, value, sites.get(i), norm, sites.get(i + 1), weights);
                i++;
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
