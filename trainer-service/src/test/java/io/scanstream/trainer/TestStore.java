package io.scanstream.trainer;

import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.nio.file.Path;

/** A real object store on a folder, in this JVM. */
public final class TestStore implements AutoCloseable {
    private final EmbeddedObjectStore server;
    private final ObjectStore store;

    public TestStore(Path folder) {
        server = EmbeddedObjectStore.start(folder);
        store = ObjectStore.open(new StoreConfig(
                server.endpoint(),
                server.credentials().accessKey(),
                server.credentials().secretKey(),
                "scanstream",
                "us-east-1"));
    }

    public ObjectStore store() {
        return store;
    }

    /** The store no longer answers. */
    public void stop() {
        server.close();
    }

    @Override
    public void close() {
        store.close();
        server.close();
    }
}
