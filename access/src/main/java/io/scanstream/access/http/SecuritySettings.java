package io.scanstream.access.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What can be set of the gate. Tokens are set as Quarkus has it, below {@code quarkus.oidc}. */
@ConfigMapping(prefix = "scanstream.security")
public interface SecuritySettings {
    /** on, or off: then everybody may do everything. */
    @WithDefault("on")
    Mode mode();

    /** API keys, a line each or between semicolons: {@code NAME SHA256-HEX ROLE[,ROLE]}. */
    Optional<String> keys();

    /** A file with more API keys, a line each; read again when it changes. */
    Optional<Path> keysFile();

    /** Requests of one caller that change something, other than scans; 0: no limit. */
    @WithDefault("20")
    double writesPerSecond();

    /** Requests of one caller with scans to be scored; 0: no limit. */
    @WithDefault("1000")
    double scoresPerSecond();

    /** How much of both may be used at once, after a pause. */
    @WithDefault("5s")
    Duration burst();

    /** Written as {@code on} and {@code off}; anything else is a mistake, and no service starts with it. */
    enum Mode {
        ON,
        OFF
    }
}
