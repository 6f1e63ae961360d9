package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The prefix {@code weights/}: files of weights that were trained elsewhere, by the name that recipes say. Whoever runs the
 * platform puts them there; safetensors or what torch.save writes.
 */
public final class PretrainedWeights {
    private static final String PREFIX = "weights/";

    private final ObjectStore store;

    public PretrainedWeights(ObjectStore store) {
        this.store = store;
    }

    /**
     * Downloads a file of weights.
     *
     * @throws ScanstreamException {@code UNKNOWN_WEIGHTS} saying where to put them when they are not there
     */
    public void download(String name, Path file) {
        if (!Names.isValid(name) || !store.download(PREFIX + name, file)) {
            throw new ScanstreamException(
                    ErrorCode.UNKNOWN_WEIGHTS,
                    "recipe.network.weights: there are no weights '" + name + "' in the object store. Put them, as"
                            + " safetensors or as torch.save writes a state_dict, to the object " + PREFIX
                            + "<name> of " + store + ", with a name of a-z, 0-9, '.', '_' and '-'. To train without:"
                            + " network.weights=none.");
        }
    }

    /** Keeps a file of weights; the one of this name is replaced. */
    public void put(String name, Path file) throws IOException {
        Names.require("weights", name);
        try (InputStream in = Files.newInputStream(file)) {
            store.put(PREFIX + name, in, Files.size(file));
        }
    }
}
