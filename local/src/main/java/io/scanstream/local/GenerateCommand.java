package io.scanstream.local;

import io.scanstream.local.samples.SampleGenerator;
import io.scanstream.local.samples.SampleSet;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the synthetic scans of the demo. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Writes synthetic tissue patches (normal, benign, cancer) as class folders.")
final class GenerateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The folder, made if absent.")
    private Path folder = Path.of(".");

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The same seed gives the same bytes. Default: ${DEFAULT-VALUE}")
    private long seed = 1;

    @Option(names = "--train", paramLabel = "N", description = "Training images in all. Default: ${DEFAULT-VALUE}")
    private int train = SampleSet.ofSeed(1).trainImages();

    @Option(names = "--test", paramLabel = "N", description = "Test images in all. Default: ${DEFAULT-VALUE}")
    private int test = SampleSet.ofSeed(1).testImages();

    @Option(names = "--size", paramLabel = "PX", description = "Width and height. Default: ${DEFAULT-VALUE}")
    private int size = SampleSet.ofSeed(1).sizePx();

    @Override
    public Integer call() {
        SampleGenerator.write(new SampleSet(train, test, size, seed), folder);
        System.err.println("Wrote " + train + " training and " + test + " test patches to " + folder);
        return 0;
    }
}
