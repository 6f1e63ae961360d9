package io.scanstream.inference.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where Kafka is: as the call says, as the environment says, or the broker of the platform that runs on this machine. */
final class BrokerOption {
    private static final String PREFIX = "KAFKA_";
    private static final String VARIABLE = PREFIX + "BOOTSTRAP_SERVERS";
    /** How to get in, as the services have it too. */
    private static final List<String> CONNECTING = List.of("KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_");

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "Brokers. Default: $" + VARIABLE + ", else the local platform's broker.")
    private @Nullable String bootstrap;

    @Option(
            names = "--home",
            paramLabel = "DIR",
            description = "Where the local platform lives. Default: ~/.scanstream")
    private Path home = Path.of(System.getProperty("user.home"), ".scanstream");

    /**
     * What a Kafka client needs to connect.
     *
     * @throws ParameterException if nothing says where
     */
    Map<String, Object> client(Map<String, String> environment) throws IOException {
        Map<String, Object> client = new HashMap<>();
        client.put("bootstrap.servers", servers(environment));
        client.put("default.api.timeout.ms", 15_000);
        client.put("request.timeout.ms", 5_000);
        environment.forEach((name, value) -> {
            if (CONNECTING.stream().anyMatch(name::startsWith)) {
                client.put(
                        name.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '.'), value);
            }
        });
        return client;
    }

    private String servers(Map<String, String> environment) throws IOException {
        if (bootstrap != null) {
            return bootstrap;
        }
        String servers = environment.getOrDefault(VARIABLE, "");
        if (!servers.isBlank()) {
            return servers;
        }
        Path address = home.resolve("run/broker.address");
        if (Files.exists(address)) {
            return Files.readString(address).strip();
        }
        if (command == null) {
            throw new IllegalStateException("used outside of a command");
        }
        throw new ParameterException(
                command.commandLine(),
                "no broker: neither --bootstrap nor $" + VARIABLE + " is set, and there is no " + address
                        + ". Is the platform up?");
    }
}
