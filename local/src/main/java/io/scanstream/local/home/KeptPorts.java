package io.scanstream.local.home;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Free TCP ports on the loopback address, the same ones as last time where they are still free, so that a bookmark or a
 * client's configuration outlives a restart. Somebody else may take a port between this choice and its use; the server
 * that then fails to bind says so and the next start chooses anew.
 */
public final class KeptPorts {
    private static final int ANY = 0;
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private final Map<String, Integer> ports;

    private KeptPorts(Map<String, Integer> ports) {
        this.ports = ports;
    }

    /**
     * Chooses ports and keeps the choice.
     *
     * @param file where the choice is kept, as Java properties
     * @param names one for each port that is wanted
     * @return a free port for each name, all different
     * @throws UncheckedIOException if the file cannot be read or written, or no port is free
     */
    public static KeptPorts choose(Path file, List<String> names) {
        Properties kept = read(file);
        Map<String, Integer> chosen = new LinkedHashMap<>();
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (String name : names) {
                ServerSocket socket = bind(keptPort(kept, name));
                held.add(socket);
                chosen.put(name, socket.getLocalPort());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("No free port on the loopback address.", e);
        } finally {
            held.forEach(KeptPorts::release);
        }
        chosen.forEach((name, port) -> kept.setProperty(name, Integer.toString(port)));
        write(file, kept);
        return new KeptPorts(chosen);
    }

    /**
     * The port chosen for a name.
     *
     * @throws IllegalArgumentException if none was asked for under that name
     */
    public int of(String name) {
        Integer port = ports.get(name);
        if (port == null) {
            throw new IllegalArgumentException("Expected one of " + ports.keySet() + ", got " + name + ".");
        }
        return port;
    }

    /**
     * A port that is free now and kept for nobody.
     *
     * @throws UncheckedIOException if no port is free
     */
    public static int free() {
        try (ServerSocket socket = bound(ANY)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No free port on the loopback address.", e);
        }
    }

    private static int keptPort(Properties kept, String name) {
        try {
            int port = Integer.parseInt(kept.getProperty(name, "0"));
            return port >= 0 && port <= 65_535 ? port : ANY;
        } catch (NumberFormatException e) {
            return ANY; // somebody edited the file; any port will do
        }
    }

    private static ServerSocket bind(int port) throws IOException {
        try {
            return bound(port);
        } catch (IOException e) {
            if (port == ANY) {
                throw e;
            }
            return bound(ANY); // taken by somebody else since the last start
        }
    }

    private static ServerSocket bound(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void release(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Properties read(Path file) {
        Properties kept = new Properties();
        if (Files.exists(file)) {
            try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
                kept.load(in);
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot read the kept ports in " + file + ".", e);
            }
        }
        return kept;
    }

    private static void write(Path file, Properties kept) {
        StringBuilder text = new StringBuilder("# Ports of the last start, taken again where they are free.\n");
        kept.stringPropertyNames().stream().sorted().forEach(name -> text.append(name)
                .append('=')
                .append(kept.getProperty(name))
                .append('\n'));
        AtomicFile.write(file, text.toString());
    }
}
