package io.scanstream.bench;

import io.scanstream.bench.results.ResultsCommand;
import io.scanstream.bench.scoring.LatencyCommand;
import io.scanstream.bench.scoring.MemoryCommand;
import io.scanstream.bench.scoring.ScoringCommand;
import io.scanstream.bench.scoring.StartupCommand;
import io.scanstream.bench.scoring.SwapCommand;
import io.scanstream.bench.training.TrainingCommand;
import io.scanstream.contracts.ScanstreamException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Measurements, each printed as JSON lines: {@code ./scanstream bench COMMAND}. */
@Command(
        name = "scanstream bench",
        mixinStandardHelpOptions = true,
        subcommands = {
            ResultsCommand.class,
            TrainingCommand.class,
            ScoringCommand.class,
            LatencyCommand.class,
            SwapCommand.class,
            MemoryCommand.class,
            StartupCommand.class
        })
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof ScanstreamException known) {
                System.err.println("scanstream: " + known.code() + ": " + known.getMessage());
            } else {
                e.printStackTrace();
            }
            return CommandLine.ExitCode.SOFTWARE;
        });
        System.exit(line.execute(arguments));
    }
}
