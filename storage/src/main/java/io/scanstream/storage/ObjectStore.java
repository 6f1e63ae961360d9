package io.scanstream.storage;

import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.StatObjectArgs;
import io.minio.StatObjectResponse;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.messages.Item;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * One bucket of an S3 store. Thread-safe. An object that is not there is an empty answer where that is an ordinary
 * thing; a store that does not answer is {@code STORE_UNAVAILABLE}, which callers wait out. So is one that refuses these
 * credentials (401, 403) or whose bucket is gone: that is nothing that the work at hand could help. Only where the bucket
 * itself answers, a refused object is {@code INVALID_REQUEST}.
 */
public final class ObjectStore implements AutoCloseable {
    /** S3 allows parts from 5 MiB; a stream of unknown length is held one part at a time. */
    private static final long PART_BYTES = 16L << 20;

    private static final int CHUNK_BYTES = 64 << 10;

    private static final Set<String> MISSING = Set.of("NoSuchKey", "NoSuchObject", "NotFound");
    private static final String NO_BUCKET = "NoSuchBucket";

    private final StoreConfig config;
    private final OkHttpClient http;
    private final MinioClient client;

    private ObjectStore(StoreConfig config, OkHttpClient http, MinioClient client) {
        this.config = config;
        this.http = http;
        this.client = client;
    }

    /**
     * Connects, creates the bucket if it is not there, and makes sure that the store can decide a race.
     *
     * @throws ScanstreamException {@code STORE_UNAVAILABLE} while the store does not answer; {@code INVALID_REQUEST} for
     *     wrong credentials, or a store on which two creates of one object both succeed
     */
    public static ObjectStore open(StoreConfig config) {
        ObjectStore store = connect(config);
        try {
            store.createBucket();
            store.probeRace();
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw atStart(e);
        }
    }

    /**
     * Connects to a bucket that is somebody else's: nothing is created or written.
     *
     * @throws ScanstreamException {@code STORE_UNAVAILABLE} while the store does not answer; {@code INVALID_REQUEST} if there
     *     is no such bucket, or none for these credentials
     */
    public static ObjectStore openForeign(StoreConfig config) {
        ObjectStore store = connect(config);
        try {
            store.requireBucket(ErrorCode.INVALID_REQUEST);
            return store;
        } catch (RuntimeException e) {
            store.close();
            throw atStart(e);
        }
    }

    /** What is refused before anything ever worked is a mistake in the settings. */
    private static RuntimeException atStart(RuntimeException e) {
        return e.getCause() instanceof ErrorResponseException refused && isDenied(refused)
                ? new ScanstreamException(ErrorCode.INVALID_REQUEST, String.valueOf(e.getMessage()), e)
                : e;
    }

    private static boolean isDenied(ErrorResponseException e) {
        return e.response().code() == 401 || e.response().code() == 403;
    }

    private static ObjectStore connect(StoreConfig config) {
        OkHttpClient.Builder settings = new OkHttpClient.Builder()
                .connectTimeout(5, TimeUnit.SECONDS)
                .readTimeout(60, TimeUnit.SECONDS)
                .writeTimeout(60, TimeUnit.SECONDS)
                // A store has one address; whoever sends us elsewhere is not it.
                .followRedirects(false);
        if (config.caFile() != null) {
            TrustedCertificates trusted = TrustedCertificates.read(config.caFile());
            settings.sslSocketFactory(trusted.sockets(), trusted.manager());
        }
        OkHttpClient http = settings.build();
        MinioClient client = MinioClient.builder()
                .endpoint(config.endpoint().toString())
                .credentials(config.accessKey(), config.secretKey())
                .region(config.region())
                .httpClient(http)
                .build();
        return new ObjectStore(config, http, client);
    }

    private void requireBucket(ErrorCode missing) {
        if (!bucketExists()) {
            throw new ScanstreamException(
                    missing, "there is no bucket " + config + ". Create it, or name another one.");
        }
    }

    private boolean bucketExists() {
        return call(
                config.bucket(),
                () -> client.bucketExists(
                        BucketExistsArgs.builder().bucket(config.bucket()).build()));
    }

    /** The bucket's name. */
    public String bucket() {
        return config.bucket();
    }

    private void createBucket() {
        String bucket = config.bucket();
        call(bucket, () -> {
            if (!bucketExists()) {
                try {
                    client.makeBucket(MakeBucketArgs.builder().bucket(bucket).build());
                } catch (ErrorResponseException e) {
                    if (!e.errorResponse().code().startsWith("BucketAlready")) {
                        throw e;
                    }
                }
            }
            return true;
        });
    }

    /** The journal stands on this: of two creates of one object, one wins. */
    private void probeRace() {
        String key = "probe/" + UUID.randomUUID();
        CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> createIfAbsent(key, new byte[] {1}));
        boolean mine = createIfAbsent(key, new byte[] {2});
        boolean others = other.join();
        delete(key);
        if (mine == others) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "the object store " + config + " let " + (mine ? "both" : "neither")
                            + " of two racing creates (If-None-Match: *) succeed; exactly one must. Use a store with"
                            + " conditional writes.");
        }
    }

    /** Whether the store answers now; for health checks. */
    public boolean reachable() {
        try {
            return bucketExists();
        } catch (ScanstreamException e) {
            return false;
        }
    }

    /** The object's bytes, or empty if there is none. */
    public Optional<byte[]> get(String key) {
        return present(key, () -> {
            try (InputStream in = client.getObject(
                    GetObjectArgs.builder().bucket(config.bucket()).object(key).build())) {
                return in.readAllBytes();
            }
        });
    }

    /**
     * At most so many of the object's first bytes, or empty if there is no such object. What lies behind them is not read.
     *
     * @param most in bytes, below 2 GiB
     */
    public Optional<byte[]> get(String key, long most) {
        return present(key, () -> {
            try (InputStream in = client.getObject(
                    GetObjectArgs.builder().bucket(config.bucket()).object(key).build())) {
                return in.readNBytes(Math.toIntExact(most));
            }
        });
    }

    /**
     * At most so many of the object's first bytes if it has the entity tag (If-Match), or empty if there is no such object.
     *
     * @param etag without quotes
     * @param most in bytes, below 2 GiB
     * @throws ScanstreamException {@code CONFLICT} if it has another one
     */
    public Optional<byte[]> getIfMatch(String key, String etag, long most) {
        return present(key, () -> {
            try (InputStream in = client.getObject(GetObjectArgs.builder()
                    .bucket(config.bucket())
                    .object(key)
                    .matchETag('"' + etag + '"')
                    .build())) {
                return in.readNBytes(Math.toIntExact(most));
            }
        });
    }

    /**
     * The object's bytes.
     *
     * @throws ScanstreamException {@code missing} if there is no such object
     */
    public byte[] require(String key, ErrorCode missing) {
        return get(key).orElseThrow(() -> new ScanstreamException(missing, "no object " + key + " in " + config + "."));
    }

    /** The object as a stream, or empty if there is none. Caller closes. */
    public Optional<InputStream> open(String key) {
        return present(
                key,
                () -> client.getObject(GetObjectArgs.builder()
                        .bucket(config.bucket())
                        .object(key)
                        .build()));
    }

    /**
     * Writes the object to a file, whole or not at all; false if there is no such object.
     *
     * @throws ScanstreamException {@code DISK_FULL} if the file cannot be written, which is not the store's fault
     */
    public boolean download(String key, Path file) {
        Optional<InputStream> found = open(key);
        if (found.isEmpty()) {
            return false;
        }
        Path part = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".part");
        try (InputStream in = found.get()) {
            write(key, in, part, file);
            return true;
        } catch (IOException e) {
            throw unavailable(key, e);
        } finally {
            deleteQuietly(part);
        }
    }

    private void write(String key, InputStream in, Path part, Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (OutputStream out =
                    Files.newOutputStream(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                byte[] chunk = new byte[CHUNK_BYTES];
                for (int count = read(key, in, chunk); count >= 0; count = read(key, in, chunk)) {
                    out.write(chunk, 0, count);
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new ScanstreamException(
                    ErrorCode.DISK_FULL, "'" + key + "' cannot be written to " + file + ", is there room? " + e, e);
        }
    }

    private int read(String key, InputStream in, byte[] chunk) {
        try {
            return in.read(chunk);
        } catch (IOException e) {
            throw unavailable(key, e);
        }
    }

    /** Creates or replaces the object. */
    public void put(String key, byte[] bytes) {
        put(key, bytes, Map.of());
    }

    /** Creates or replaces the object from a stream, which is read to its end but not closed. */
    public void put(String key, InputStream in, long sizeBytes) {
        call(
                key,
                () -> client.putObject(PutObjectArgs.builder().bucket(config.bucket()).object(key).stream(
                                in, sizeBytes, sizeBytes < 0 ? PART_BYTES : -1L)
                        .build()));
    }

    /** Creates the object if there is none of this key (If-None-Match: *); false if there is. */
    public boolean createIfAbsent(String key, byte[] bytes) {
        try {
            put(key, bytes, Map.of("If-None-Match", "*"));
            return true;
        } catch (ScanstreamException e) {
            if (e.code() == ErrorCode.CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    private void put(String key, byte[] bytes, Map<String, String> headers) {
        call(
                key,
                () -> client.putObject(PutObjectArgs.builder().bucket(config.bucket()).object(key).stream(
                                new ByteArrayInputStream(bytes), (long) bytes.length, -1L)
                        .headers(headers)
                        .build()));
    }

    /**
     * One object of a listing.
     *
     * @param etag its entity tag without quotes; empty if the store does not list it
     */
    public record Listed(String key, long sizeBytes, Instant lastModified, String etag) {
        private static Listed of(Item item) {
            return new Listed(
                    item.objectName(), item.size(), item.lastModified().toInstant(), unquoted(item.etag()));
        }

        private static String unquoted(@Nullable String etag) {
            return etag == null ? "" : etag.replace("\"", "");
        }
    }

    /** Every object below a prefix, sorted by key. */
    public List<Listed> list(String prefix) {
        return call(prefix, () -> {
            List<Listed> found = new ArrayList<>();
            for (Result<Item> result : client.listObjects(ListObjectsArgs.builder()
                    .bucket(config.bucket())
                    .prefix(prefix)
                    .recursive(true)
                    .build())) {
                Item item = result.get();
                if (!item.isDir()) {
                    found.add(Listed.of(item));
                }
            }
            return found;
        });
    }

    /**
     * Some objects below a prefix, sorted by key.
     *
     * @param after only keys behind it; empty: from the first one on
     * @param most how many, 1 to 1000; fewer come only where there are no more
     */
    public List<Listed> page(String prefix, String after, int most) {
        return call(prefix, () -> {
            List<Listed> found = new ArrayList<>();
            for (Result<Item> result : client.listObjects(ListObjectsArgs.builder()
                    .bucket(config.bucket())
                    .prefix(prefix)
                    .startAfter(after.isEmpty() ? null : after)
                    .maxKeys(most)
                    .recursive(true)
                    .build())) {
                found.add(Listed.of(result.get()));
                if (found.size() == most) {
                    break;
                }
            }
            return found;
        });
    }

    /** What a listing would say of the object, its time to the second; empty if there is none. */
    public Optional<Listed> stat(String key) {
        return head(key)
                .map(stat ->
                        new Listed(key, stat.size(), stat.lastModified().toInstant(), Listed.unquoted(stat.etag())));
    }

    /** The answer to HEAD has no body: whether the object or the whole bucket is missing has to be asked. */
    private Optional<StatObjectResponse> head(String key) {
        Optional<StatObjectResponse> found = present(
                key,
                () -> client.statObject(StatObjectArgs.builder()
                        .bucket(config.bucket())
                        .object(key)
                        .build()));
        if (found.isEmpty()) {
            requireBucket(ErrorCode.STORE_UNAVAILABLE);
        }
        return found;
    }

    /** The names directly below a prefix that ends in '/', without it and without a trailing '/', sorted. */
    public List<String> children(String prefix) {
        return call(prefix, () -> {
            List<String> found = new ArrayList<>();
            for (Result<Item> result : client.listObjects(ListObjectsArgs.builder()
                    .bucket(config.bucket())
                    .prefix(prefix)
                    .build())) {
                String name = result.get().objectName().substring(prefix.length());
                String plain = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
                if (!plain.isEmpty()) {
                    found.add(plain);
                }
            }
            return found;
        });
    }

    public boolean exists(String key) {
        return head(key).isPresent();
    }

    /** Deletes the object; nothing happens if there is none. */
    public void delete(String key) {
        call(key, () -> {
            client.removeObject(RemoveObjectArgs.builder()
                    .bucket(config.bucket())
                    .object(key)
                    .build());
            return true;
        });
    }

    @Override
    public void close() {
        http.dispatcher().executorService().shutdown();
        http.connectionPool().evictAll();
    }

    @Override
    public String toString() {
        return config.toString();
    }

    private interface Call<T> {
        T run() throws MinioException, IOException;
    }

    private <T> Optional<T> present(String key, Call<T> call) {
        try {
            return Optional.of(run(key, call));
        } catch (ErrorResponseException e) {
            if (MISSING.contains(e.errorResponse().code())) {
                return Optional.empty();
            }
            throw refused(key, e);
        }
    }

    private <T> T call(String key, Call<T> call) {
        try {
            return run(key, call);
        } catch (ErrorResponseException e) {
            throw refused(key, e);
        }
    }

    private <T> T run(String key, Call<T> call) throws ErrorResponseException {
        try {
            return call.run();
        } catch (ErrorResponseException e) {
            throw e;
        } catch (MinioException | IOException e) {
            throw unavailable(key, e);
        } catch (IllegalStateException e) {
            // So the client wraps an I/O error of its asynchronous half, or a certificate that is not trusted.
            if (e.getCause() instanceof IOException || e.getCause() instanceof GeneralSecurityException) {
                throw unavailable(key, (Exception) e.getCause());
            }
            throw e;
        }
    }

    private ScanstreamException refused(String key, ErrorResponseException e) {
        int status = e.response().code();
        String what = "the object store " + config + " answered " + status + " "
                + e.errorResponse().code() + " for '" + key + "': "
                + e.errorResponse().message();
        if (status == 409 || status == 412) {
            return new ScanstreamException(ErrorCode.CONFLICT, what, e);
        }
        if (status == 429 || status >= 500 || NO_BUCKET.equals(e.errorResponse().code())) {
            return new ScanstreamException(ErrorCode.STORE_UNAVAILABLE, what, e);
        }
        if (isDenied(e) && !bucketAnswers()) {
            return new ScanstreamException(
                    ErrorCode.STORE_UNAVAILABLE, what + " Are the credentials right, and not expired?", e);
        }
        return new ScanstreamException(ErrorCode.INVALID_REQUEST, what, e);
    }

    /** Whether these credentials are good for the bucket, whatever they are for one object. */
    private boolean bucketAnswers() {
        try {
            return client.bucketExists(
                    BucketExistsArgs.builder().bucket(config.bucket()).build());
        } catch (MinioException | IllegalStateException e) {
            return false;
        }
    }

    private ScanstreamException unavailable(String key, Exception e) {
        return new ScanstreamException(
                ErrorCode.STORE_UNAVAILABLE,
                "the object store " + config + " does not answer for '" + key + "': " + e.getMessage(),
                e);
    }

    private static void deleteQuietly(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            part.toFile().deleteOnExit();
        }
    }
}
