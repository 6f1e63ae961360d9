package io.scanstream.trainer.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.storage.Blobs;
import io.scanstream.trainer.TestStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobCacheTest {
    private static final int SIZE = 1000;

    @TempDir
    Path folder;

    private static TestStore server;
    private static Blobs blobs;
    private static final List<String> DIGESTS = new ArrayList<>();

    @BeforeAll
    static void start(@TempDir Path store) {
        server = new TestStore(store);
        blobs = new Blobs(server.store());
        for (byte i = 0; i < 5; i++) {
            byte[] bytes = new byte[SIZE];
            bytes[0] = i;
            DIGESTS.add(blobs.put(bytes));
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private Path file(String sha256) {
        return folder.resolve(sha256.substring(0, 2)).resolve(sha256);
    }

    private List<String> kept() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Test
    void fetchesOnceAndThenReadsFromDisk() throws IOException {
        BlobCache cache = new BlobCache(blobs, folder, 10 * SIZE);
        byte[] fetched = cache.get(DIGESTS.get(1));
        assertThat(fetched).hasSize(SIZE).startsWith(1);
        assertThat(Files.readAllBytes(file(DIGESTS.get(1)))).isEqualTo(fetched);
        assertThat(cache.get(DIGESTS.get(1))).isEqualTo(fetched);
    }

    @Test
    void givesUpTheLeastRecentlyRead() throws IOException {
        BlobCache cache = new BlobCache(blobs, folder, 3 * SIZE);
        for (int i : new int[] {0, 1, 2, 0, 3}) {
            cache.get(DIGESTS.get(i));
        }
        assertThat(kept()).containsExactlyInAnyOrder(DIGESTS.get(0), DIGESTS.get(2), DIGESTS.get(3));
        assertThat(cache.get(DIGESTS.get(1))).hasSize(SIZE);
    }

    @Test
    void findsWhatIsThereFromBeforeAndBoundsIt() throws IOException {
        BlobCache before = new BlobCache(blobs, folder, 10 * SIZE);
        DIGESTS.forEach(before::get);
        new BlobCache(blobs, folder, 2 * SIZE);
        assertThat(kept()).hasSize(2);
    }

    @Test
    void fetchesAgainWhatWasDamagedOrDeleted() throws IOException {
        BlobCache cache = new BlobCache(blobs, folder, 10 * SIZE);
        byte[] good = cache.get(DIGESTS.get(0));
        Files.write(file(DIGESTS.get(0)), new byte[SIZE + 1]);
        assertThat(cache.get(DIGESTS.get(0))).isEqualTo(good);
        assertThat(Files.readAllBytes(file(DIGESTS.get(0)))).isEqualTo(good);
        Files.delete(file(DIGESTS.get(0)));
        assertThat(cache.get(DIGESTS.get(0))).isEqualTo(good);
    }

    @Test
    void saysWhichFolderCannotBeUsed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        assertThatThrownBy(() -> new BlobCache(blobs, file.resolve("blobs"), SIZE))
                .hasMessageContaining("scanstream.cache.dir")
                .hasMessageContaining(file.toString());
    }
}
