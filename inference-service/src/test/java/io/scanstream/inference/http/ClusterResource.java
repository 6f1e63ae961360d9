package io.scanstream.inference.http;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A broker and a store for the service under test, with models in it. */
public final class ClusterResource implements QuarkusTestResourceLifecycleManager {
    static final String CHAMPION = "20260101-000000-00000001";
    static final String OTHER = "20260102-000000-00000002";
    /** The alias of the other version, which answers what has the header {@link #COHORT} with the value b. */
    static final String CHALLENGER = "challenger";

    static final String COHORT = "X-Scanstream-Cohort";
    static final int MOST_BYTES = 300_000;
    static final int MOST_SIDE_PX = 2000;
    static final int MOST_PIXELS = 1_000_000;
    static final int REQUEST_BYTES = 3_000_000;
    static final int REQUEST_IMAGES = 100;

    private @Nullable Cluster cluster;

    @Override
    public Map<String, String> start() {
        try {
            Path folder = Files.createTempDirectory("scanstream-http");
            Cluster started = Cluster.start(folder);
            cluster = started;
            started.models()
                    .publishChampion(TinyModel.aModel().version(CHAMPION).write(folder.resolve("champion")));
            started.models()
                    .publish(TinyModel.aModel()
                            .version(OTHER)
                            .withThreshold(0.01)
                            .referringBelow(0.02)
                            .flaggingAbove(15)
                            .mapping()
                            .write(folder.resolve("other")));
            started.models().promote("tiny", CHALLENGER, OTHER);
            started.models().rule("tiny", COHORT.toLowerCase(Locale.ROOT), "b", CHALLENGER);
            started.models()
                    .publishChampion(TinyModel.aModel()
                            .named("refused")
                            .withGoldensOffBy(1)
                            .write(folder.resolve("refused")));
            started.models()
                    .publishChampion(
                            TinyModel.aModel().named("outlines").segmenting().write(folder.resolve("outlines")));
            Map<String, String> settings = new HashMap<>();
            settings.put("scanstream.cache-dir", folder.resolve("cache").toString());
            settings.put("scanstream.inference.max-image-bytes", Integer.toString(MOST_BYTES));
            settings.put("scanstream.inference.max-image-side", Integer.toString(MOST_SIDE_PX));
            settings.put("scanstream.inference.max-image-pixels", Integer.toString(MOST_PIXELS));
            settings.put("scanstream.inference.http-bytes", Integer.toString(REQUEST_BYTES));
            settings.put("scanstream.inference.http.request-bytes", Integer.toString(REQUEST_BYTES));
            settings.put("scanstream.inference.http.request-images", Integer.toString(REQUEST_IMAGES));
            settings.put("scanstream.inference.http.images", Integer.toString(2 * REQUEST_IMAGES));
            settings.put("scanstream.inference.http.silence", "3s");
            settings.put("scanstream.inference.pinned", "tiny,outlines/20260101-000000-00000001");
            settings.put("scanstream.inference.models-bytes", "1G");
            settings.put("quarkus.http.test-port", "0");
            started.environment().forEach((name, value) -> settings.put(property(name), value));
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String property(String variable) {
        return switch (variable) {
            case "SCANSTREAM_STORE_ACCESS_KEY" -> "scanstream.store.access-key";
            case "SCANSTREAM_STORE_SECRET_KEY" -> "scanstream.store.secret-key";
            default -> variable.toLowerCase(Locale.ROOT).replace('_', '.');
        };
    }

    @Override
    public void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }
}
