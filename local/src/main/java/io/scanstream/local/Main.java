package io.scanstream.local;

import io.scanstream.contracts.ScanstreamException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Parses the command line and ends with 0 (done), 1 (failed, with the reason on stderr) or 2 (wrong call). */
@Command(
        name = "scanstream",
        subcommands = {UpCommand.class, DemoCommand.class, GenerateCommand.class, AotCommand.class})
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof ScanstreamException known) {
                System.err.println("scanstream: " + known.code() + ": " + known.getMessage());
            } else {
                e.printStackTrace();
            }
            return 1;
        });
        return line;
    }
}
