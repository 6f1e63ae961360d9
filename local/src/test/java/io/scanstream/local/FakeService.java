package io.scanstream.local;

import com.sun.net.httpserver.HttpServer;
import io.scanstream.contracts.ParentWatch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Stands in for a service's jar where a test is about the launcher: healthy at once, dies when it is asked to, and notes
 * when it stops whether the broker was still there.
 */
public final class FakeService {
    private static final String JAR = "target/quarkus-app/quarkus-run.jar";

    private FakeService() {}

    /** Makes a project folder whose three services are this class. */
    static Path project(Path folder) throws IOException {
        for (String module : new String[] {"gateway", "trainer-service", "inference-service"}) {
            writeJar(folder.resolve(module).resolve(JAR), FakeService.class.getName());
        }
        return folder;
    }

    /** Replaces the jar of one service by one that ends at once. */
    static void breakService(Path project, String module) throws IOException {
        writeJar(project.resolve(module).resolve(JAR), FakeService.class.getName() + "$Broken");
    }

    private static void writeJar(Path jar, String main) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        manifest.getMainAttributes()
                .put(Attributes.Name.CLASS_PATH, place(FakeService.class) + " " + place(ParentWatch.class));
        Files.createDirectories(jar.getParent());
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }

    private static String place(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation().toString();
    }

    public static void main(String[] args) throws IOException {
        ParentWatch.startIfAsked();
        Path folder = Path.of(System.getenv("SCANSTREAM_CACHE_DIR"));
        String[] broker = System.getenv("KAFKA_BOOTSTRAP_SERVERS").split(":", 2);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> noteStop(folder, broker)));
        var address = new InetSocketAddress(
                System.getenv("QUARKUS_HTTP_HOST"), Integer.parseInt(System.getenv("QUARKUS_HTTP_PORT")));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/q/health/ready", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.createContext("/die", exchange -> {
            for (int line = 1; line <= 40; line++) {
                System.out.println("last words " + line);
            }
            System.exit(7);
        });
        server.start();
        System.out.println("listening");
    }

    private static void noteStop(Path folder, String[] broker) {
        System.out.println("stopping");
        String found;
        try (Socket socket = new Socket(broker[0], Integer.parseInt(broker[1]))) {
            found = "broker there at " + socket.getRemoteSocketAddress();
        } catch (IOException e) {
            found = "broker gone: " + e.getMessage();
        }
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("stopped"), found);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A service that does not come up. */
    public static final class Broken {
        private Broken() {}

        public static void main(String[] args) {
            System.err.println("nothing to serve");
            System.exit(3);
        }
    }
}
