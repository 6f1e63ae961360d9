package io.scanstream.inference;

import io.scanstream.contracts.model.AliasState;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.model.TrafficState;
import io.scanstream.contracts.scoring.ScanHeaders;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Journal;
import io.scanstream.storage.ModelPackage;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import io.scanstream.storage.Traffic;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A real object store inside this JVM, and models in it. */
public final class StoreServer implements AutoCloseable {
    private final EmbeddedObjectStore server;
    private final ObjectStore store;

    private StoreServer(EmbeddedObjectStore server, ObjectStore store) {
        this.server = server;
        this.store = store;
    }

    public static StoreServer start(Path folder) {
        EmbeddedObjectStore server = EmbeddedObjectStore.start(folder);
        ObjectStore store = ObjectStore.open(new StoreConfig(
                server.endpoint(),
                server.credentials().accessKey(),
                server.credentials().secretKey(),
                "scanstream",
                "us-east-1"));
        return new StoreServer(server, store);
    }

    public ObjectStore store() {
        return store;
    }

    /** What a service must be told to find it. */
    public Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
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

    /** Lets {@code champion} mean a version, or nothing. */
    public void promote(String model, @Nullable String version) {
        promote(model, ScanHeaders.CHAMPION, version);
    }

    /** Lets an alias mean a version, or nothing. */
    public void promote(String model, String alias, @Nullable String version) {
        Journal<AliasState> journal = new Aliases(store).journal(model, alias);
        journal.update(head ->
                Optional.of(new AliasState(version, "a test", "", Map.of(), Instant.now(), null, null, List.of())));
    }

    /** Splits a model's scans. */
    public void split(String model, List<TrafficState.Arm> arms, List<String> shadow) {
        Journal<TrafficState> journal = new Traffic(store).journal(model);
        journal.update(head -> Optional.of(new TrafficState(arms, shadow, "a test", "", Instant.now())));
    }

    /** Lets an alias answer a model's scans with a certain header, and the champion the others. */
    public void rule(String model, String header, String value, String alias) {
        Journal<TrafficState> journal = new Traffic(store).journal(model);
        List<TrafficState.Rule> rules = List.of(new TrafficState.Rule(header, value, alias));
        journal.update(head -> Optional.of(new TrafficState(List.of(), rules, List.of(), "a test", "", Instant.now())));
    }

    @Override
    public void close() {
        store.close();
        server.close();
    }
}
