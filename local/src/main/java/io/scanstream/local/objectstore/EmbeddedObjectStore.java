package io.scanstream.local.objectstore;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.home.AtomicFile;
import io.scanstream.local.home.KeptPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * S3Proxy on a folder, on the loopback address. Objects are files under {@code data/<bucket>/<key>}, written beside
 * their place and moved into it, so readers see an object whole or not at all; {@code If-None-Match: *} is a hard link
 * and so has one winner. Its folder also keeps the port and the credentials.
 *
 * <p>Each page of a listing reads its whole folder: a prefix of some ten thousand objects is fine, one of millions is not.
 */
public final class EmbeddedObjectStore implements AutoCloseable {
    private static final String PORT = "store";
    /** S3Proxy holds a signed single-part body in memory; clients send more in parts. */
    private static final long LARGEST_SINGLE_PART_BYTES = 64L << 20;
    /** Idle connections of clients take Jetty about half of it to close. */
    private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedObjectStore.class);

    private final S3Proxy server;
    private final URI endpoint;
    private final StoreCredentials credentials;

    private EmbeddedObjectStore(S3Proxy server, URI endpoint, StoreCredentials credentials) {
        this.server = server;
        this.endpoint = endpoint;
        this.credentials = credentials;
    }

    /**
     * Starts a store in this JVM; returns when it takes requests (a second). The caller closes it.
     *
     * @param folder where it keeps everything; made if absent
     * @throws ScanstreamException {@link ErrorCode#STORE_UNAVAILABLE} if it does not come up
     */
    public static EmbeddedObjectStore start(Path folder) {
        Path home = folder.toAbsolutePath().normalize();
        Path data = home.resolve("data");
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make the object store's folder " + data + ".", e);
        }
        WholeObjects.sweep(data);
        StoreCredentials credentials = credentials(home);
        int port = KeptPorts.choose(home.resolve("ports.properties"), List.of(PORT))
                .of(PORT);
        URI endpoint = URI.create("http://127.0.0.1:" + port);
        S3Proxy server = S3Proxy.builder()
                .blobStore(new WholeObjects(new FilesystemNio2BlobStore(data.toString())))
                .endpoint(endpoint)
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, credentials.accessKey(), credentials.secretKey())
                .v4MaxNonChunkedRequestSize(LARGEST_SINGLE_PART_BYTES)
                .ignoreUnknownHeaders(true)
                .metricsEnabled(false)
                .stopTimeout(STOP_WITHIN.toMillis())
                .build();
        try {
            server.start();
        } catch (Exception e) {
            throw new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE,
                    "The object store on " + home + " did not start at " + endpoint + ": " + e.getMessage(),
                    e);
        }
        return new EmbeddedObjectStore(server, endpoint, credentials);
    }

    /** The credentials of the store on a folder, made if there are none yet. */
    public static StoreCredentials credentials(Path folder) {
        return StoreCredentials.of(folder.toAbsolutePath().normalize().resolve("credentials.properties"));
    }

    /** Where clients connect; any region, path-style addresses. */
    public URI endpoint() {
        return endpoint;
    }

    public StoreCredentials credentials() {
        return credentials;
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            // It is stopped all the same, and an object half written was never visible.
            LOG.warn("The object store cut requests that were under way when it stopped.", e);
        }
    }

    /**
     * The store as a process of its own: stops on SIGTERM, and writes its address when it takes requests.
     *
     * @param args its folder, and the file that gets the endpoint
     */
    public static void main(String[] args) {
        if (args.length != 2) {
            System.err.println("usage: EmbeddedObjectStore FOLDER ADDRESS-FILE");
            System.exit(2);
        }
        ParentWatch.startIfAsked();
        EmbeddedObjectStore store = start(Path.of(args[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(store::close, "stop-store"));
        AtomicFile.write(Path.of(args[1]), store.endpoint().toString());
    }
}
