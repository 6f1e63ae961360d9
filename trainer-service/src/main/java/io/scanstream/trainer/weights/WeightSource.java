package io.scanstream.trainer.weights;

import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Path;

/** Where the weights are that a recipe names: a folder, or the object store. */
@FunctionalInterface
public interface WeightSource {

    /**
     * The file with the weights of a name.
     *
     * @throws ScanstreamException {@code UNKNOWN_WEIGHTS} saying where to put them
     */
    Path find(String name) throws IOException;
}
