package io.scanstream.inference;

import io.scanstream.contracts.Topics;
import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Journal;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A real broker with its topics and a real object store, inside this JVM. */
public final class Cluster implements AutoCloseable {
    /** Dead members and dead transactions are noticed in seconds. */
    private static final Map<String, String> IMPATIENT = Map.of(
            "group.consumer.min.session.timeout.ms", "1000",
            "group.consumer.session.timeout.ms", "4000",
            "group.consumer.min.heartbeat.interval.ms", "500",
            "group.consumer.heartbeat.interval.ms", "500",
            "transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000");

    private final EmbeddedBroker broker;
    private final EmbeddedObjectStore server;
    private final ObjectStore store;

    private Cluster(EmbeddedBroker broker, EmbeddedObjectStore server) {
        this.broker = broker;
        this.server = server;
        this.store = ObjectStore.open(new StoreConfig(
                server.endpoint(),
                server.credentials().accessKey(),
                server.credentials().secretKey(),
                "scanstream",
                "us-east-1"));
    }

    public static Cluster start(Path folder) throws InterruptedException {
        EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("broker"), IMPATIENT);
        TopicSetup.create(broker.bootstrapServers());
        return new Cluster(broker, EmbeddedObjectStore.start(folder.resolve("store")));
    }

    public String bootstrapServers() {
        return broker.bootstrapServers();
    }

    public ObjectStore store() {
        return store;
    }

    /** What a service must be told to find both. */
    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("KAFKA_BOOTSTRAP_SERVERS", bootstrapServers());
        environment.put("SCANSTREAM_STORE_ENDPOINT", server.endpoint().toString());
        environment.put("SCANSTREAM_STORE_ACCESS_KEY", server.credentials().accessKey());
        environment.put("SCANSTREAM_STORE_SECRET_KEY", server.credentials().secretKey());
        return environment;
    }

    public void publish(ModelPackage pack) {
        new Models(store)
                .publish(new ModelVersion(pack.card().name(), pack.card().version()), pack);
    }

    /** Publishes a version and lets {@code champion} mean it. */
    public void publishChampion(ModelPackage pack) {
        publish(pack);
        promote(pack.card().name(), pack.card().version());
    }

    public void promote(String model, String version) {
        Journal<AliasState> champion = new Aliases(store).journal(model, ScanHeaders.CHAMPION);
        champion.update(head -> Optional.of(new AliasState(version, "a test", "", Map.of(), Instant.now())));
    }

    /** A client of {@code scans} and {@code scores}. Caller closes. */
    public ScanClient client() {
        return new ScanClient(bootstrapServers(), Topics.SCANS);
    }

    @Override
    public void close() {
        store.close();
        server.close();
        broker.close();
    }
}
