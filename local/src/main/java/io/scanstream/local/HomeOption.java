package io.scanstream.local;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a local platform lives. */
final class HomeOption {
    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where data, logs, ports and credentials are kept. Default: ~/.scanstream")
    Path home = Path.of(System.getProperty("user.home"), ".scanstream");

    /** The project's folder, as the script says it. */
    static Path project() {
        return Path.of(System.getProperty("scanstream.project", "."));
    }
}
