package io.scanstream.inference.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import io.scanstream.inference.deadletter.Choice;
import io.scanstream.inference.deadletter.DeadLetter;
import io.scanstream.inference.deadletter.DeadLetters;
import io.scanstream.inference.deadletter.Replay;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dlq list} and {@code dlq replay}: one JSON line for each dead letter on stdout; everything else goes to stderr. */
@Command(
        name = "dlq",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | replay)",
        description = "Lists what could not be scored or read, and sends it back to where it came from.")
public final class DlqCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    /** Which dead letters, of which broker. */
    private static final class Chosen {
        @Mixin
        BrokerOption broker = new BrokerOption();

        @Option(names = "--topic", paramLabel = "TOPIC", description = "Default: ${DEFAULT-VALUE}.")
        String topic = Topics.SCANS_DLQ;

        @Option(names = "--from", paramLabel = "OFFSET", description = "The first offset. Default: the oldest.")
        long from;

        @Option(names = "--to", paramLabel = "OFFSET", description = "The last offset. Default: the newest.")
        @Nullable
        Long to;

        @Option(names = "--code", paramLabel = "CODE", description = "Only with this error, such as UNKNOWN_MODEL.")
        @Nullable
        String code;

        @Option(names = "--model", paramLabel = "NAME", description = "Only for this model.")
        @Nullable
        String model;

        @Option(names = "--scan", paramLabel = "ID", description = "Only this scan; on other topics this key.")
        @Nullable
        String scan;

        @Option(
                names = "--since",
                paramLabel = "TIME",
                description = "Only what was set aside then or later, such as 2026-11-28T14:00:00Z.")
        @Nullable
        Instant since;

        @Option(names = "--until", paramLabel = "TIME", description = "Only what was set aside before that.")
        @Nullable
        Instant until;

        @Option(names = "--limit", paramLabel = "N", description = "At most so many, the oldest of all partitions.")
        @Nullable
        Integer limit;

        Choice choice() {
            return new Choice(from, to, code, model, scan, since, until, limit);
        }
    }

    DlqCommand(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /** Runs and ends the process. */
    public static void main(String[] args) {
        // The log manager on the class path insists; Quarkus, which would say it, does not run here.
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        int code = run(out, System.err, System.getenv(), args);
        out.flush();
        System.exit(code);
    }

    /** Runs in this process and returns the exit code. */
    static int run(PrintStream out, PrintStream err, Map<String, String> environment, String... args) {
        DlqCommand command = new DlqCommand(out, err, environment);
        return new CommandLine(command)
                .addSubcommand(command.new ListCommand())
                .addSubcommand(command.new ReplayCommand())
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    out.flush();
                    err.println("dlq: " + message(failure));
                    return line.getCommandSpec().exitCodeOnExecutionException();
                })
                .execute(args);
    }

    private static String message(Exception failure) {
        if (failure instanceof KafkaException) {
            return "Kafka does not answer as it should, is it up and the address right? " + failure.getMessage();
        }
        return failure instanceof ScanstreamException ? String.valueOf(failure.getMessage()) : failure.toString();
    }

    @Override
    public Integer call() {
        err.println("dlq: expected list or replay. dlq list --help says more.");
        return CommandLine.ExitCode.USAGE;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Prints one JSON line for each dead letter, by partition and offset.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:all were listed", "1:the broker or the topic is not there", "2:wrong usage"})
    private final class ListCommand implements Callable<Integer> {
        @Mixin
        private Chosen chosen = new Chosen();

        @Override
        public Integer call() throws IOException {
            new DeadLetters(chosen.broker.client(environment), chosen.topic).read(chosen.choice(), letter -> {
                out.println(Json.text(letter));
                return true;
            });
            return 0;
        }
    }

    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description = {
                "Sends dead letters back to the topics they came from, each once, and prints one JSON line for each.",
                "What was replayed before is left out; a replay that was interrupted can be run again."
            },
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:all that were chosen are replayed",
                "1:some were refused, or the broker or the topic is not there",
                "2:wrong usage"
            })
    private final class ReplayCommand implements Callable<Integer>, Replay.Listener {
        @Mixin
        private Chosen chosen = new Chosen();

        @Option(
                names = "--to-topic",
                paramLabel = "TOPIC",
                description = "Where to send them. Default: where each came from.")
        private @Nullable String toTopic;

        @Option(names = "--dry-run", description = "Prints what would be replayed, and sends nothing.")
        private boolean dryRun;

        private int replayed;
        private int refused;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> client = chosen.broker.client(environment);
            try {
                if (dryRun) {
                    Replay.rehearse(client, chosen.topic, toTopic, chosen.choice(), this);
                } else {
                    try (Replay replay = new Replay(client, chosen.topic, toTopic)) {
                        replay.run(chosen.choice(), this);
                    }
                }
            } finally {
                err.println((dryRun ? "would replay " : "replayed ") + replayed + ", refused " + refused);
            }
            return refused == 0 ? 0 : 1;
        }

        @Override
        public void replayed(Replay.Sent sent) {
            replayed++;
            ObjectNode line = Json.mapper().valueToTree(sent.letter());
            line.put("to", sent.to());
            out.println(Json.text(line));
        }

        @Override
        public void refused(DeadLetter letter, String reason) {
            refused++;
            err.println("dlq: " + letter.topic() + " " + letter.partition() + "@" + letter.offset()
                    + " is not replayed: " + reason + ".");
        }
    }
}
