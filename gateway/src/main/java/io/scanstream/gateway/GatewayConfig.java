package io.scanstream.gateway;

import io.quarkus.runtime.configuration.MemorySize;
import io.scanstream.storage.StoreConfig;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What can be set, below {@code scanstream} (as environment variables: {@code SCANSTREAM_STORE_ENDPOINT} and so on). Kafka
 * is found through {@code KAFKA_BOOTSTRAP_SERVERS}.
 */
@ConfigMapping(prefix = "scanstream")
interface GatewayConfig {
    Store store();

    Datasets datasets();

    Trainings trainings();

    Scans scans();

    Inference inference();

    Drift drift();

    /** Where the object store is. */
    interface Store {
        URI endpoint();

        String accessKey();

        String secretKey();

        @WithDefault("scanstream")
        String bucket();

        @WithDefault("us-east-1")
        String region();

        /** Certificates in PEM, the only ones that an https store is trusted by; absent: those that Java trusts. */
        Optional<Path> caFile();

        /** How long a start waits for a store that does not answer. */
        @WithDefault("PT2M")
        Duration patience();

        default StoreConfig toConfig() {
            return new StoreConfig(endpoint(), accessKey(), secretKey(), bucket(), region(), caFile().orElse(null));
        }
    }

    /** Where heat maps are made. */
    interface Inference {
        /** The inference service over HTTP; absent: there are no heat maps. */
        Optional<URI> url();

        /** An API key with the role scorer that is shown there; absent: none is. */
        Optional<String> apiKey();
    }

    /** When a model's answers count as drifted. */
    interface Drift {
        /** The answers of how many last hours are compared with those in the package. */
        @WithDefault("24h")
        Duration window();

        /** With fewer scans in the window nothing is compared. */
        @WithDefault("200")
        long leastScans();

        /** The population stability index above which a quantity has drifted; or what chance alone exceeds once in a thousand times, if that is more. */
        @WithDefault("0.25")
        double bound();
    }

    interface Datasets {
        /** The largest upload; Quarkus' own limit, {@code quarkus.http.limits.max-body-size}, must be above it. */
        @WithDefault("4G")
        MemorySize uploadMaxSize();

        /** Uploads at a time, each with some 16 MiB of memory; one more is told to come again. */
        @WithDefault("4")
        int uploadsAtATime();
    }

    interface Trainings {
        /** The largest request, recipe and all. */
        @WithDefault("1M")
        MemorySize requestMaxSize();
    }

    interface Scans {
        /** The largest scan. */
        @WithDefault("64M")
        MemorySize maxSize();

        /** Scans up to here travel in the Kafka record, larger ones as a claim ticket; 0: all as tickets. */
        @WithDefault("524288")
        int inlineMaxBytes();

        /** Scans at a time that are on their way to the store, each with some 16 MiB of memory; others wait. */
        @WithDefault("8")
        int largeAtATime();

        /** How long kept scans stay in the store; as the retention of the topics. */
        @WithDefault("P7D")
        Duration retention();

        /** How many of the newest scores can be asked for. */
        @WithDefault("200000")
        int window();
    }
}
