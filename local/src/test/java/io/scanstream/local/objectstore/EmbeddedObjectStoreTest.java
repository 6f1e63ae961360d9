package io.scanstream.local.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.StatObjectArgs;
import io.minio.errors.ErrorResponseException;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedObjectStoreTest {
    private static final String BUCKET = "scanstream";

    @TempDir
    Path folder;

    @Test
    void keepsItsObjectsAndCredentialsOverARestart() throws Exception {
        StoreCredentials credentials;
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            credentials = store.credentials();
            MinioClient client = withBucket(store);
            put(client, "models/a/1/card.json", "kept", Map.of());
        }
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            assertThat(store.credentials()).isEqualTo(credentials);
            assertThat(get(client(store.endpoint(), credentials), "models/a/1/card.json"))
                    .isEqualTo("kept");
        }
    }

    @Test
    void makesCredentialsThatOnlyTheOwnerCanReadAndNoTwoFoldersShare() throws Exception {
        StoreCredentials here = EmbeddedObjectStore.credentials(folder.resolve("a"));
        StoreCredentials there = EmbeddedObjectStore.credentials(folder.resolve("b"));

        assertThat(here.secretKey()).hasSizeGreaterThanOrEqualTo(40).isNotEqualTo(there.secretKey());
        assertThat(here.toString()).doesNotContain(here.secretKey());
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.resolve("a/credentials.properties"))))
                .isEqualTo("rw-------");
    }

    @Test
    void refusesAWrongSecret() throws Exception {
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            StoreCredentials wrong = new StoreCredentials(store.credentials().accessKey(), "guessed");
            assertThatThrownBy(() -> client(store.endpoint(), wrong)
                            .bucketExists(
                                    BucketExistsArgs.builder().bucket(BUCKET).build()))
                    .isInstanceOf(ErrorResponseException.class);
        }
    }

    @Test
    void letsExactlyOneOfManyRacingCreatorsWin() throws Exception {
        int writers = 8;
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            MinioClient client = withBucket(store);
            ExecutorService threads = Executors.newFixedThreadPool(writers);
            try {
                for (int round = 0; round < 20; round++) {
                    String key = "jobs/j/state/%06d.json".formatted(round);
                    CyclicBarrier together = new CyclicBarrier(writers);
                    List<Callable<String>> race = new ArrayList<>();
                    for (int writer = 0; writer < writers; writer++) {
                        String mine = "writer " + writer;
                        race.add(() -> {
                            together.await();
                            return create(client, key, mine) ? mine : "";
                        });
                    }
                    List<String> winners = new ArrayList<>();
                    for (Future<String> outcome : threads.invokeAll(race)) {
                        if (!outcome.get().isEmpty()) {
                            winners.add(outcome.get());
                        }
                    }
                    assertThat(winners).hasSize(1);
                    assertThat(get(client, key)).isEqualTo(winners.get(0));
                }
                assertThat(list(client, "jobs/j/state/")).hasSize(20);
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void listsFiveThousandObjectsOfAPrefixInOrder() throws Exception {
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            MinioClient client = withBucket(store);
            put(client, "blobs/00000", "x", Map.of());
            // Through the file system: 5,000 puts over HTTP would only make the test slow.
            Path blobs = folder.resolve("data").resolve(BUCKET).resolve("blobs");
            for (int i = 1; i < 5_000; i++) {
                Files.writeString(blobs.resolve("%05d".formatted(i)), "x");
            }

            List<String> keys = list(client, "blobs/");

            assertThat(keys).hasSize(5_000).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void neverListsAnObjectThatIsHalfWritten() throws Exception {
        byte[] large = new byte[8 << 20];
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            MinioClient client = withBucket(store);
            ExecutorService writer = Executors.newSingleThreadExecutor();
            try {
                Future<?> writes = writer.submit(() -> {
                    for (int i = 0; i < 40; i++) {
                        client.putObject(PutObjectArgs.builder().bucket(BUCKET).object("models/m/1/model.onnx").stream(
                                        new ByteArrayInputStream(large), (long) large.length, -1L)
                                .build());
                    }
                    return null;
                });
                while (!writes.isDone()) {
                    assertThat(list(client, "models/")).isSubsetOf("models/m/1/model.onnx");
                }
                writes.get();
            } finally {
                writer.shutdownNow();
            }
        }
    }

    @Test
    void sweepsWhatAKilledStoreLeftHalfWrittenAndNothingElse() throws Exception {
        String legitimate = "scans/today-" + UUID.randomUUID();
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            MinioClient client = withBucket(store);
            put(client, legitimate, "whole", Map.of());
            put(client, "models/m/1/model.onnx", "whole", Map.of());
            put(client, "jobs/j/state/000001.json", "whole", Map.of());
        }
        Path bucket = folder.resolve("data").resolve(BUCKET);
        Files.writeString(bucket.resolve("models/m/1/model.onnx-" + UUID.randomUUID()), "ha");
        Path created = bucket.resolve("jobs/j/state/000001.json");
        Files.createLink(created.resolveSibling("000001.json-" + UUID.randomUUID()), created);

        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            assertThat(list(client(store.endpoint(), store.credentials()), ""))
                    .containsExactly("jobs/j/state/000001.json", "models/m/1/model.onnx", legitimate);
        }
    }

    @Test
    void givesTheMd5OfWhatItWroteAsEtagAndTakesLargeObjectsInParts() throws Exception {
        byte[] large = new byte[100 << 20];
        new Random(1).nextBytes(large);
        try (EmbeddedObjectStore store = EmbeddedObjectStore.start(folder)) {
            MinioClient client = withBucket(store);
            put(client, "small", "hello", Map.of());
            client.putObject(PutObjectArgs.builder().bucket(BUCKET).object("large").stream(
                            new ByteArrayInputStream(large), (long) large.length, 16L << 20)
                    .build());

            assertThat(etag(client, "small"))
                    .isEqualTo(HexFormat.of()
                            .formatHex(
                                    MessageDigest.getInstance("MD5").digest("hello".getBytes(StandardCharsets.UTF_8))));
            try (var read = client.getObject(
                    GetObjectArgs.builder().bucket(BUCKET).object("large").build())) {
                assertThat(read.readAllBytes()).isEqualTo(large);
            }
        }
    }

    private static MinioClient withBucket(EmbeddedObjectStore store) throws Exception {
        MinioClient client = client(store.endpoint(), store.credentials());
        client.makeBucket(MakeBucketArgs.builder().bucket(BUCKET).build());
        return client;
    }

    private static MinioClient client(URI endpoint, StoreCredentials credentials) {
        return MinioClient.builder()
                .endpoint(endpoint.toString())
                .credentials(credentials.accessKey(), credentials.secretKey())
                .region("us-east-1")
                .build();
    }

    private static boolean create(MinioClient client, String key, String text) throws Exception {
        try {
            put(client, key, text, Map.of("If-None-Match", "*"));
            return true;
        } catch (ErrorResponseException e) {
            assertThat(e.response().code()).isEqualTo(412);
            return false;
        }
    }

    private static void put(MinioClient client, String key, String text, Map<String, String> headers) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        client.putObject(PutObjectArgs.builder().bucket(BUCKET).object(key).headers(headers).stream(
                        new ByteArrayInputStream(bytes), (long) bytes.length, -1L)
                .build());
    }

    private static String get(MinioClient client, String key) throws Exception {
        try (var read = client.getObject(
                GetObjectArgs.builder().bucket(BUCKET).object(key).build())) {
            return new String(read.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String etag(MinioClient client, String key) throws Exception {
        return client.statObject(
                        StatObjectArgs.builder().bucket(BUCKET).object(key).build())
                .etag();
    }

    private static List<String> list(MinioClient client, String prefix) throws Exception {
        List<String> keys = new ArrayList<>();
        for (var result : client.listObjects(ListObjectsArgs.builder()
                .bucket(BUCKET)
                .prefix(prefix)
                .recursive(true)
                .build())) {
            keys.add(result.get().objectName());
        }
        return keys;
    }
}
