package io.scanstream.gateway.testing;

import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A real S3 server on a temporary folder, and a client of it. */
public final class TestStore implements AutoCloseable {
    private final Path folder;
    private final EmbeddedObjectStore server;
    private final ObjectStore client;

    public TestStore() {
        try {
            folder = Files.createTempDirectory("gateway-store");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server = EmbeddedObjectStore.start(folder);
        client = ObjectStore.open(config());
    }

    public StoreConfig config() {
        return new StoreConfig(
                server.endpoint(),
                server.credentials().accessKey(),
                server.credentials().secretKey(),
                "scanstream",
                "us-east-1");
    }

    public ObjectStore client() {
        return client;
    }

    @Override
    public void close() {
        client.close();
        server.close();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
