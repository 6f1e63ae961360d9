package io.scanstream.trainer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What can be set, under {@code scanstream.}; as environment variables in capitals, {@code SCANSTREAM_STORE_ENDPOINT}.
 * Defaults are in {@code application.yaml} where a deployment changes them, here where hardly anybody does.
 */
@ConfigMapping(prefix = "scanstream")
interface TrainerConfig {
    Store store();

    Cache cache();

    /** {@code auto}, {@code cpu} or {@code cuda}. */
    String device();

    Trainer trainer();

    Lease lease();

    Training training();

    Ingest ingest();

    Reconcile reconcile();

    /** Further settings of the share consumer, as Kafka names them. */
    Map<String, String> requests();

    interface Store {
        URI endpoint();

        String accessKey();

        String secretKey();

        String bucket();

        String region();

        /** Certificates in PEM, the only ones that an https store is trusted by; absent: those that Java trusts. */
        Optional<Path> caFile();
    }

    interface Cache {
        /** For blobs, and for work under way. */
        Path dir();

        @WithDefault("20000000000")
        long maxBytes();
    }

    interface Trainer {
        /** For people; the host's name and the process id where it is not set. */
        Optional<String> name();

        /** How long a stop may take: the job under way leaves a checkpoint. */
        @WithDefault("25s")
        Duration stopWithin();

        /** The first wait for what is away; doubled each time. */
        @WithDefault("500ms")
        Duration firstWait();

        @WithDefault("30s")
        Duration longestWait();
    }

    interface Lease {
        @WithDefault("60s")
        Duration duration();

        @WithDefault("20s")
        Duration renewEvery();
    }

    interface Training {
        @WithDefault("30m")
        Duration slice();

        @WithDefault("5m")
        Duration checkpointEvery();

        @WithDefault("2s")
        Duration progressEvery();

        /** Decoding and augmenting; a thread per core where it is not set. */
        Optional<Integer> loaderThreads();
    }

    interface Ingest {
        @WithDefault("20000000000")
        long maxUploadBytes();

        @WithDefault("500000")
        int maxFiles();

        @WithDefault("100000000000")
        long maxTotalBytes();

        @WithDefault("100")
        int maxRatio();
    }

    interface Reconcile {
        @WithDefault("30s")
        Duration every();

        /** How long a job may be without a sign of life. */
        @WithDefault("60s")
        Duration grace();
    }
}
