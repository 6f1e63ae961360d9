package io.scanstream.inference.model;

import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.scoring.ScanHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Which version a scan asks for: one by name, or the one that an alias means.
 *
 * @param version absent: the alias decides
 * @param alias {@code champion} unless another one is named; without meaning where a version is named
 */
public record ModelRef(String model, @Nullable String version, String alias) {
    public ModelRef {
        Names.require("model", model);
        Names.require("alias", alias);
        if (version != null) {
            Names.require("version", version);
        }
    }

    /**
     * A reference from optional parts.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} naming the part that is no name
     */
    public static ModelRef of(String model, @Nullable String version, @Nullable String alias) {
        return new ModelRef(model, version, alias == null ? ScanHeaders.CHAMPION : alias);
    }

    @Override
    public String toString() {
        return model + (version == null ? " (" + alias + ")" : "/" + version);
    }
}
