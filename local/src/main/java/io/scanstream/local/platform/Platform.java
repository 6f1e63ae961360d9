package io.scanstream.local.platform;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import io.scanstream.local.home.KeptPorts;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.local.objectstore.StoreCredentials;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The platform on one machine. Starts broker and object store, creates the topics, starts the services and waits until all
 * are ready; stops the services first and broker and store last. The caller closes it; should the caller be killed, the
 * processes end by themselves.
 */
public final class Platform implements AutoCloseable {
    /** A trainer writes a checkpoint when it is asked to stop. */
    private static final Duration SERVICE_STOP = Duration.ofSeconds(30);

    private static final Duration SERVER_STOP = Duration.ofSeconds(15);

    private final PlatformOptions options;
    private final HomeLock lock;
    private final List<Part> servers = new ArrayList<>();
    private final List<Part> services = new ArrayList<>();
    private final List<Part> launched = new CopyOnWriteArrayList<>();
    private final Map<String, URI> addresses = new LinkedHashMap<>();
    private @Nullable Connections connections;
    private volatile boolean closed;

    /**
     * Where broker and object store are.
     *
     * @param bootstrapServers of Kafka
     */
    public record Connections(String bootstrapServers, URI store, StoreCredentials credentials) {}

    private Platform(PlatformOptions options, HomeLock lock) {
        this.options = options;
        this.lock = lock;
    }

    /**
     * Starts everything and waits until it is ready.
     *
     * @param out gets one line for each part with its address
     * @throws ScanstreamException {@code CONFLICT} if a platform runs on this home, {@code INVALID_REQUEST} if a jar is not
     *     built, {@code INTERNAL} naming the part that did not come up, with the end of its log
     */
    public static Platform start(PlatformOptions options, PrintStream out) throws InterruptedException {
        for (Service service : chosen(options)) {
            if (Files.notExists(service.jar(options.project()))) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        service.jar(options.project()) + " is missing. Build it: ./mvnw -Dquickly package");
            }
        }
        Platform platform = new Platform(options, HomeLock.take(options.home()));
        try {
            platform.startAll(out);
            return platform;
        } catch (InterruptedException | RuntimeException e) {
            platform.close();
            throw e;
        }
    }

    private void startAll(PrintStream out) throws InterruptedException {
        Path home = options.home();
        Path logs = home.resolve("logs");
        Readiness readiness = new Readiness(options.patience(), this::parts);
        Path brokerAddress = fresh(brokerAddress());
        Path storeAddress = fresh(storeAddress());
        Part broker = server("broker", EmbeddedBroker.class, "-Xmx512m", home.resolve("broker"), brokerAddress, logs);
        Part store = server(
                "object-store",
                EmbeddedObjectStore.class,
                "-Xmx512m",
                home.resolve("object-store"),
                storeAddress,
                logs);
        String bootstrap = readiness.awaitAddress(broker, brokerAddress);
        URI endpoint = URI.create(readiness.awaitAddress(store, storeAddress));
        TopicSetup.create(bootstrap);
        report(out, "broker", URI.create("kafka://" + bootstrap));
        report(out, "object-store", endpoint);

        KeptPorts ports = KeptPorts.choose(home.resolve("run/http-ports.properties"), Service.NAMES);
        for (Service service : Service.ALL) {
            addresses.put(service.name(), URI.create("http://127.0.0.1:" + ports.of(service.name())));
        }
        StoreCredentials credentials = EmbeddedObjectStore.credentials(home.resolve("object-store"));
        connections = new Connections(bootstrap, endpoint, credentials);
        List<Service> chosen = chosen(options);
        for (Service service : chosen) {
            Map<String, String> environment = environment(service, address(service), home.resolve(service.name()));
            services.add(Part.start(
                    service.name(), Java.jar(service.jar(options.project()), service.options()), environment, logs));
        }
        for (int i = 0; i < services.size(); i++) {
            Service service = chosen.get(i);
            readiness.awaitHealthy(services.get(i), address(service));
            report(out, service.name(), address(service));
        }
    }

    private Map<String, String> environment(Service service, URI address, Path cache) {
        Connections servers = connections();
        Map<String, String> environment = new HashMap<>();
        environment.put("SCANSTREAM_SECURITY_MODE", "off");
        environment.putAll(options.environment());
        environment.put("KAFKA_BOOTSTRAP_SERVERS", servers.bootstrapServers());
        environment.put("SCANSTREAM_STORE_ENDPOINT", servers.store().toString());
        environment.put("SCANSTREAM_STORE_ACCESS_KEY", servers.credentials().accessKey());
        environment.put("SCANSTREAM_STORE_SECRET_KEY", servers.credentials().secretKey());
        environment.put("SCANSTREAM_CACHE_DIR", cache.toString());
        environment.put("SCANSTREAM_INFERENCE_URL", address(Service.INFERENCE).toString());
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(address.getPort()));
        environment.putAll(service.environment(options.project()));
        return environment;
    }

    /**
     * Starts one more process of a service, on broker and store of this platform, with a free port and an empty cache folder
     * of its own. Returns at once.
     *
     * @param name {@code gateway}, {@code trainer} or {@code inference}
     * @param app the folder of its {@code quarkus-run.jar}
     * @param jvm options of the JVM, beside those that the service always has
     * @param environment beside that of the platform's services
     */
    public Launched launch(String name, Path app, List<String> jvm, Map<String, String> environment) {
        Service service = Service.named(name);
        URI address = URI.create("http://127.0.0.1:" + KeptPorts.free());
        String instance = service.name() + "-" + address.getPort();
        Map<String, String> all = environment(service, address, options.home().resolve(instance));
        all.putAll(environment);
        List<String> allOptions = new ArrayList<>(service.options());
        allOptions.addAll(jvm);
        Part part = Part.start(
                instance,
                Java.jar(app.resolve("quarkus-run.jar"), allOptions),
                all,
                options.home().resolve("logs"));
        launched.add(part);
        return new Launched(part, address, options.patience());
    }

    private static List<Service> chosen(PlatformOptions options) {
        return Service.ALL.stream()
                .filter(service -> options.services().contains(service.name()))
                .toList();
    }

    private Part server(String name, Class<?> main, String heap, Path folder, Path addressFile, Path logs) {
        Part part = Part.start(
                name, Java.main(main, List.of(heap), folder.toString(), addressFile.toString()), Map.of(), logs);
        servers.add(part);
        return part;
    }

    private List<Part> parts() {
        List<Part> parts = new ArrayList<>(servers);
        parts.addAll(services);
        return parts;
    }

    private static Path fresh(Path addressFile) {
        try {
            Files.deleteIfExists(addressFile);
            return addressFile;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete " + addressFile + ".", e);
        }
    }

    private static void report(PrintStream out, String name, URI address) {
        out.printf("  %-13s %s%n", name, address);
    }

    private URI address(Service service) {
        URI address = addresses.get(service.name());
        if (address == null) {
            throw new IllegalStateException("no address of " + service.name() + " yet");
        }
        return address;
    }

    /** What a client of broker and store needs. */
    public Connections connections() {
        if (connections == null) {
            throw new IllegalStateException("the platform is not started");
        }
        return connections;
    }

    /** The processes by their names, as in the logs. */
    public Map<String, ProcessHandle> processes() {
        Map<String, ProcessHandle> processes = new LinkedHashMap<>();
        parts().forEach(part -> processes.put(part.name(), part.process().toHandle()));
        return processes;
    }

    public URI gateway() {
        return address(Service.GATEWAY);
    }

    public URI inference() {
        return address(Service.INFERENCE);
    }

    public URI trainer() {
        return address(Service.TRAINER);
    }

    /**
     * Completes when a part ends before {@link #close}, with what is to be said of it: its name, its exit code and the end
     * of its log.
     */
    public CompletableFuture<String> whenPartDies() {
        CompletableFuture<String> obituary = new CompletableFuture<>();
        for (Part part : parts()) {
            var unused = part.process().onExit().thenRun(() -> {
                if (!closed) {
                    obituary.complete(part.obituary());
                }
            });
        }
        return obituary;
    }

    /** Stops everything; returns when all processes have ended. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        launched.forEach(part -> part.awaitStop(Duration.ZERO));
        stop(services, SERVICE_STOP);
        stop(servers, SERVER_STOP);
        try {
            // Nobody is there any more.
            fresh(brokerAddress());
            fresh(storeAddress());
        } finally {
            lock.close();
        }
    }

    private Path brokerAddress() {
        return options.home().resolve("run/broker.address");
    }

    private Path storeAddress() {
        return options.home().resolve("run/object-store.address");
    }

    private static void stop(List<Part> parts, Duration patience) {
        parts.forEach(Part::requestStop);
        parts.forEach(part -> part.awaitStop(patience));
    }
}
