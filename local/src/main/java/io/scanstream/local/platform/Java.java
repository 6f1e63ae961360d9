package io.scanstream.local.platform;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines for the JVM that runs this one. */
final class Java {
    /** Native libraries are what the services are for; newer JVMs want it said, or warn. */
    private static final List<String> NATIVE = List.of("--enable-native-access=ALL-UNNAMED");

    /** Netty and others still use {@code sun.misc.Unsafe}; from JDK 24 on the JVM warns of it. */
    private static final List<String> UNSAFE = List.of("--sun-misc-unsafe-memory-access=allow");

    static List<String> main(Class<?> main, List<String> options, String... arguments) {
        List<String> command = start(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return command;
    }

    static List<String> jar(Path jar, List<String> options) {
        List<String> command = start(options);
        command.add("-jar");
        command.add(jar.toString());
        return command;
    }

    private static List<String> start(List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(NATIVE);
        if (Runtime.version().feature() >= 24) {
            command.addAll(UNSAFE);
        }
        return command;
    }

    private Java() {}
}
