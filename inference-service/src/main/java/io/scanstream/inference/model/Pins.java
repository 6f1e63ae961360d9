package io.scanstream.inference.model;

import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What never leaves memory for others.
 *
 * @param models whose versions stay, as long as they would stay in a memory without bounds
 * @param versions that are loaded at start and stay, whether they serve an alias or not
 */
public record Pins(Set<String> models, Set<ModelVersion> versions) {
    public Pins {
        models = Set.copyOf(models);
        versions = Set.copyOf(versions);
    }

    /**
     * Reads {@code model} and {@code model/version}.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming what is neither
     */
    public static Pins of(List<String> names) {
        Set<String> models = new HashSet<>();
        Set<ModelVersion> versions = new HashSet<>();
        for (String name : names) {
            int slash = name.indexOf('/');
            if (slash < 0) {
                models.add(Names.require("scanstream.inference.pinned", name));
            } else {
                versions.add(new ModelVersion(name.substring(0, slash), name.substring(slash + 1)));
            }
        }
        return new Pins(models, versions);
    }

    public static Pins none() {
        return new Pins(Set.of(), Set.of());
    }

    boolean hold(ModelVersion version) {
        return models.contains(version.name()) || versions.contains(version);
    }
}
