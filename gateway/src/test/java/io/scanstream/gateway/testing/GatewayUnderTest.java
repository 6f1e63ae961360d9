package io.scanstream.gateway.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.scanstream.storage.StoreConfig;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the gateway needs: a real S3 server, and Kafka's channels in memory. Limits are small, so that they are met. */
public final class GatewayUnderTest implements QuarkusTestResourceLifecycleManager {
    public static final int SCAN_MAX_BYTES = 2_000_000;
    public static final int INLINE_MAX_BYTES = 1000;
    public static final int UPLOAD_MAX_BYTES = 3_000_000;

    private TestStore store;
    private FakeInference inference;

    @Override
    public Map<String, String> start() {
        store = new TestStore();
        StoreConfig config = store.config();
        Map<String, String> settings = new HashMap<>();
        settings.put("scanstream.store.endpoint", config.endpoint().toString());
        settings.put("scanstream.store.access-key", config.accessKey());
        settings.put("scanstream.store.secret-key", config.secretKey());
        settings.put("scanstream.scans.max-size", Integer.toString(SCAN_MAX_BYTES));
        settings.put("scanstream.scans.inline-max-bytes", Integer.toString(INLINE_MAX_BYTES));
        settings.put("scanstream.datasets.upload-max-size", Integer.toString(UPLOAD_MAX_BYTES));
        inference = new FakeInference();
        settings.put("scanstream.inference.url", inference.address().toString());
        settings.put("quarkus.http.test-port", "0");
        for (String channel :
                List.of("training-requests", "training-cancellations", "promotions", "scans", "scans-urgent")) {
            settings.putAll(InMemoryConnector.switchOutgoingChannelsToInMemory(channel));
        }
        for (String channel : List.of("training-events", "model-events", "scores", "scores-shadow", "model-answers")) {
            settings.putAll(InMemoryConnector.switchIncomingChannelsToInMemory(channel));
        }
        return settings;
    }

    @Override
    public void stop() {
        InMemoryConnector.clear();
        inference.close();
        store.close();
    }
}
