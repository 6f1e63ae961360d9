package io.scanstream.local;

import io.scanstream.local.platform.Platform;
import io.scanstream.local.platform.PlatformOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Starts the platform and keeps it running. */
@Command(
        name = "up",
        mixinStandardHelpOptions = true,
        description = "Starts broker, object store and the three services, and stops them on Ctrl-C.")
final class UpCommand implements Callable<Integer> {
    @Mixin
    private HomeOption home = new HomeOption();

    @Override
    public Integer call() throws InterruptedException {
        System.err.println("Starting the platform in " + home.home);
        try (Supervised supervised = Supervised.start(PlatformOptions.in(home.home, HomeOption.project()))) {
            Platform platform = supervised.platform();
            System.err.println("Security is off: whoever reaches these addresses of this machine may do everything.");
            System.err.println("Ready. API: " + platform.gateway().resolve("/q/swagger-ui") + "  Ctrl-C stops it.");
            return supervised.awaitEnd();
        }
    }
}
