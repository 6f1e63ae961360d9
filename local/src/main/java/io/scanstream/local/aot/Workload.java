package io.scanstream.local.aot;

import io.scanstream.local.platform.Platform;
import java.net.URI;

/** What a service is sent in a training run, so that the classes which it needs at work are in the cache. */
interface Workload {
    Workload GATEWAY = new GatewayWorkload();
    Workload INFERENCE = new InferenceWorkload();

    /**
     * Sends it.
     *
     * @param service ready, on a store that holds the model
     * @throws io.scanstream.contracts.ScanstreamException {@code INTERNAL} if an answer is not as expected
     */
    void run(URI service, SampleModel model, Platform.Connections connections) throws InterruptedException;
}
