package io.scanstream.inference.http;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.scanstream.inference.Cluster;
import io.scanstream.inference.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A broker and a store for the service under test, with models in it. */
public final class ClusterResource implements QuarkusTestResourceLifecycleManager {
    static final String CHAMPION = "20260101-000000-00000001";
    static final String OTHER = "20260102-000000-00000002";
    static final int MOST_BYTES = 300_000;

    private Cluster cluster;

    @Override
    public Map<String, String> start() {
        try {
            Path folder = Files.createTempDirectory("scanstream-http");
            cluster = Cluster.start(folder);
            cluster.models()
                    .publishChampion(TinyModel.aModel().version(CHAMPION).write(folder.resolve("champion")));
            cluster.models()
                    .publish(TinyModel.aModel()
                            .version(OTHER)
                            .withThreshold(0.01)
                            .write(folder.resolve("other")));
            cluster.models()
                    .publishChampion(TinyModel.aModel()
                            .named("refused")
                            .withGoldensOffBy(1)
                            .write(folder.resolve("refused")));
            Map<String, String> settings = new HashMap<>();
            settings.put("scanstream.cache-dir", folder.resolve("cache").toString());
            settings.put("scanstream.inference.max-image-bytes", Integer.toString(MOST_BYTES));
            settings.put("quarkus.http.test-port", "0");
            cluster.environment().forEach((name, value) -> settings.put(property(name), value));
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
            default -> variable.toLowerCase(java.util.Locale.ROOT).replace('_', '.');
        };
    }

    @Override
    public void stop() {
        cluster.close();
    }
}
