package io.scanstream.inference;

import io.scanstream.contracts.Topics;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** A real broker with its topics and a real object store, inside this JVM. */
public final class Cluster implements AutoCloseable {
    /** Dead members and dead transactions are noticed in seconds. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "group.consumer.min.session.timeout.ms", "1000",
            "group.consumer.session.timeout.ms", "4000",
            "group.consumer.min.heartbeat.interval.ms", "500",
            "group.consumer.heartbeat.interval.ms", "500",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");

    private final Path folder;
    private final Map<String, String> settings;
    private final StoreServer models;
    private EmbeddedBroker broker;

    private Cluster(Path folder, Map<String, String> settings, EmbeddedBroker broker, StoreServer models) {
        this.folder = folder;
        this.settings = settings;
        this.broker = broker;
        this.models = models;
    }

    public static Cluster start(Path folder) throws InterruptedException {
        return start(folder, Map.of());
    }

    /** With more settings of the broker. */
    public static Cluster start(Path folder, Map<String, String> more) throws InterruptedException {
        Map<String, String> settings = new HashMap<>(IMPATIENT);
        settings.putAll(more);
        EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("broker"), settings);
        TopicSetup.create(broker.bootstrapServers());
        return new Cluster(folder, settings, broker, StoreServer.start(folder.resolve("store")));
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** Stops the broker for a while; it comes back at the same address with what it had. */
    public void restartBroker(Duration pause) throws InterruptedException {
        broker.close();
        Thread.sleep(pause.toMillis());
        broker = EmbeddedBroker.start(folder.resolve("broker"), settings);
    }

    public StoreServer models() {
        return models;
    }

    /** What a service must be told to find both. */
    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(models.environment());
        environment.put("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers());
        return environment;
    }

    /** A client of {@code scans} and {@code scores}. Caller closes. */
    public ScanClient client() {
        return new ScanClient(bootstrapServers(), Topics.SCANS);
    }

    @Override
    public void close() {
        models.close();
        broker.close();
    }
}
