package io.scanstream.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.gaul.s3proxy.AccessGrant;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** A real S3 server on a temporary folder and a free loopback port, and a client of it. */
final class TestStore implements AutoCloseable {
    private final Path folder;
    private final FilesystemNio2BlobStore blobs;
    private final S3Proxy server;
    private final ObjectStore store;

    TestStore() {
        try {
            folder = Files.createTempDirectory("store");
            blobs = new FilesystemNio2BlobStore(folder.toString());
            server = S3Proxy.builder()
                    .blobStore(blobs)
                    .endpoint(URI.create("http://127.0.0.1:0"))
                    .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, "test", "test-secret")
                    .build();
            server.start();
        } catch (Exception e) {
            throw new IllegalStateException("no S3 server", e);
        }
        store = ObjectStore.open(config("test-secret"));
    }

    StoreConfig config(String secret) {
        return new StoreConfig(
                URI.create("http://127.0.0.1:" + server.getPort()), "test", secret, "scanstream", "us-east-1");
    }

    ObjectStore store() {
        return store;
    }

    /** From now on the server takes this secret only. */
    void exchangeSecret(String secret) {
        server.setBlobStoreLocator((identity, container, blob) -> new AccessGrant(secret, blobs));
    }

    void deleteBucket() {
        blobs.deleteContainer("scanstream");
    }

    void stopServer() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        store.close();
        stopServer();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
