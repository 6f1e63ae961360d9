package io.scanstream.local;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.aot.AotTraining;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes AOT caches beside the packaged services. */
@Command(
        name = "aot",
        mixinStandardHelpOptions = true,
        description =
                "Writes the AOT cache of a packaged service, app.aot in its folder: runs the service with this Java, 25"
                        + " or newer, on a broker and an object store of its own and sends it requests. Start the service with"
                        + " -XX:AOTCache=app.aot then, on the same Java and the same jars.")
final class AotCommand implements Callable<Integer> {
    @Option(
            names = "--service",
            paramLabel = "NAME",
            description = "gateway or inference, or both by two options. Default: both")
    private List<String> services = AotTraining.SERVICES;

    @Option(
            names = "--app",
            paramLabel = "DIR",
            description = "The folder of its quarkus-run.jar, if it is another one than the project's. Of one service.")
    private @Nullable Path app;

    @Override
    public Integer call() throws InterruptedException {
        if (app != null && services.size() != 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "--app is the folder of one service: say which, with --service.");
        }
        for (String service : services) {
            Path folder = app == null ? AotTraining.packaged(HomeOption.project(), service) : app;
            System.err.println("Training " + service + " in " + folder);
            Path cache = AotTraining.train(service, folder, System.err);
            System.err.printf("  %s, %d MiB%n", cache, sizeMiB(cache));
        }
        return 0;
    }

    private static long sizeMiB(Path file) {
        return file.toFile().length() >> 20;
    }
}
