package io.scanstream.trainer.weights;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Names;
import io.scanstream.contracts.ScanstreamException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Weights in a local folder, for trainings offline. What is no name there may be a file anywhere. */
public record WeightFolder(Path folder) implements WeightSource {
    private static final List<String> ENDINGS = List.of("", ".safetensors", ".pth", ".pt");

    /** The folder that {@code -Dscanstream.weights} or {@code SCANSTREAM_WEIGHTS} names, else {@code weights}. */
    public static WeightFolder standard() {
        String property = System.getProperty("scanstream.weights");
        String environment = System.getenv("SCANSTREAM_WEIGHTS");
        return new WeightFolder(Path.of(property != null ? property : environment != null ? environment : "weights"));
    }

    @Override
    public Path find(String name) {
        for (String ending : ENDINGS) {
            Path file = folder.resolve(name + ending);
            if (Names.isValid(name) && Files.isRegularFile(file)) {
                return file;
            }
        }
        Path file = Path.of(name);
        if (Files.isRegularFile(file)) {
            return file;
        }
        throw new ScanstreamException(
                ErrorCode.UNKNOWN_WEIGHTS,
                "recipe.network.weights: there are no weights '" + name + "'. Put them, as safetensors or as torch.save"
                        + " writes a state_dict, into "
                        + folder.toAbsolutePath().resolve(name + ".safetensors")
                        + " (or .pth; SCANSTREAM_WEIGHTS names another folder), or name a file:"
                        + " --set network.weights=FILE. To train without: --set network.weights=none.");
    }
}
