package io.scanstream.inference;

import io.quarkus.runtime.configuration.MemorySize;
import io.scanstream.inference.http.HttpSettings;
import io.scanstream.inference.model.ModelMemory;
import io.scanstream.inference.model.Pins;
import io.scanstream.storage.StoreConfig;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What can be set, below {@code scanstream} (as environment variables: {@code SCANSTREAM_STORE_ENDPOINT} and so on). Kafka
 * is found through {@code KAFKA_BOOTSTRAP_SERVERS}.
 */
@ConfigMapping(prefix = "scanstream")
interface InferenceConfig {
    Store store();

    /** Where packages lie while they are verified. */
    Path cacheDir();

    /** auto, cpu or cuda. */
    @WithDefault("auto")
    String device();

    Inference inference();

    Arrivals arrivals();

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

        default StoreConfig toConfig() {
            return new StoreConfig(endpoint(), accessKey(), secretKey(), bucket(), region(), caFile().orElse(null));
        }
    }

    /** How objects that others put into the bucket become scans. */
    interface Arrivals {
        /** Whether this process listens to notifications and may look for objects. */
        @WithDefault("true")
        boolean enabled();

        /** Where the objects are; absent: the store's bucket. Another one has to be there, and is only read. */
        Optional<String> bucket();

        /** Objects are scored below {@code <prefix>/<model>/} and, before all others, {@code <prefix>-urgent/<model>/}. */
        @WithDefault("incoming")
        String prefix();

        /** Between two looks for objects whose notification did not come. */
        @WithDefault("5s")
        Duration every();

        /** Most pages of 1000 objects that one look lists below each prefix. */
        @WithDefault("10")
        int pages();

        /** Most scans that one look enqueues from each prefix. */
        @WithDefault("500")
        int mostEnqueued();

        /** While as many scans wait to be scored, a look enqueues none. */
        @WithDefault("2000")
        int mostWaiting();
    }

    /** How scans are scored. */
    interface Inference {
        /** Threads of one run on the CPU; 0: as measured. Runs go side by side as their threads fit the cores. */
        @WithDefault("0")
        int threads();

        /** How long a model unlike all before is measured before it serves; 0: not at all, a run has all cores. */
        @WithDefault("2s")
        Duration tuning();

        /**
         * float32; float16: what models multiply in on a GPU, where that holds by their golden scores; float16-always: on
         * the CPU too, which is slow, to see what it would change.
         */
        @WithDefault("float32")
        String precision();

        /** On a GPU, whether TensorRT takes what it can of a model. It builds engines, for minutes, below the cache folder. */
        @WithDefault("false")
        boolean tensorrt();

        /** Whether the threads of a run on the CPU wait busily for each other: faster where they have cores of their own. */
        @WithDefault("false")
        boolean spinning();

        /** Scans that are decoded at once; 0: as many as cores. */
        @WithDefault("0")
        int decodeThreads();

        /** Most scans in one run. */
        @WithDefault("32")
        int maxBatch();

        /** Most bytes of input in one run. */
        @WithDefault("64M")
        MemorySize maxBatchBytes();

        /** How long a decoded scan waits for others to join its batch. */
        @WithDefault("5ms")
        Duration latencyBudget();

        /** Most bytes of decoded scans that wait for the model; a quarter of them of urgent scans alone. */
        @WithDefault("128M")
        MemorySize waitingBytes();

        /** The largest scan, over Kafka's claim tickets and over HTTP. */
        @WithDefault("64M")
        MemorySize maxImageBytes();

        /** The most pixels that an image may have, at most 700 million. */
        @WithDefault("100000000")
        long maxImagePixels();

        /** The longest side that an image may have, in pixels. */
        @WithDefault("32768")
        int maxImageSide();

        /** Scans that are fetched for claim tickets at once. */
        @WithDefault("8")
        int fetchers();

        /** Most bytes of scans fetched for claim tickets that are held at once. */
        @WithDefault("128M")
        MemorySize fetchedBytes();

        /**
         * How long a scan over Kafka waits for a version that is not in memory, while the store answers; then it is a dead
         * letter, since others wait behind it.
         */
        @WithDefault("5m")
        Duration modelWait();

        /** Versions that serve no alias but were asked for by name, kept in memory. */
        @WithDefault("2")
        int namedVersions();

        /** How long a heat map may take, waiting for scores to go first included. */
        @WithDefault("20s")
        Duration heatmapWithin();

        /** Most heat maps that are made at once. */
        @WithDefault("4")
        int heatmaps();

        /** Between two looks at the store for models. */
        @WithDefault("30s")
        Duration listInterval();

        /** Between two reports of how the answers were distributed, from which the gateway tells whether a model drifts. */
        @WithDefault("1m")
        Duration answersInterval();

        /** Most bytes of requests that the HTTP edge holds at once. */
        @WithDefault("128M")
        MemorySize httpBytes();

        /** How long an HTTP request waits for a version that is being loaded. */
        @WithDefault("5s")
        Duration httpPatience();

        /** How much the HTTP edge takes on. */
        Http http();

        default HttpSettings httpSettings() {
            return new HttpSettings(
                    httpBytes().asLongValue(),
                    http().images(),
                    maxImageBytes().asLongValue(),
                    http().requestBytes().asLongValue(),
                    http().requestImages(),
                    http().unhurriedImages(),
                    http().longestWait(),
                    httpPatience(),
                    http().silence());
        }

        /** Most scans of a topic that are read and not committed yet. */
        @WithDefault("256")
        int scansInHand();

        /** About as many bytes of them, and as many again that each consumer holds ahead of the work. */
        @WithDefault("16M")
        MemorySize bytesInHand();

        /** How long a score waits for others to be committed with it under full load; with less in hand less. */
        @WithDefault("250ms")
        Duration commitLinger();

        /** After which the broker aborts a transaction whose owner is gone. */
        @WithDefault("10s")
        Duration transactionTimeout();

        /**
         * How long what is in hand may take to finish on shutdown, over Kafka and over HTTP. What is not done then is given
         * back, and runs are ended; fifteen seconds later the process is cut off, whatever hangs.
         */
        @WithDefault("10s")
        Duration drain();

        /** Scored ids that are remembered for each partition. */
        @WithDefault("100000")
        int repeatWindow();

        @WithParentName
        Memory memory();

        Shadow shadow();

        /** Which versions are in memory. */
        interface Memory {
            /**
             * Most bytes of memory for models together; 0: no limit. Not set: two fifths of the memory of the machine or
             * container. On CUDA the device's memory counts: set what of it models may have.
             */
            Optional<MemorySize> modelsBytes();

            /** Models ({@code lung}) and versions ({@code lung/20261120-101530-567890ab}) that never leave for others. */
            Optional<List<String>> pinned();

            default ModelMemory toMemory() {
                return new ModelMemory(
                        modelsBytes().map(MemorySize::asLongValue).orElseGet(ModelMemory::defaultLimit),
                        Pins.of(pinned().orElse(List.of())),
                        ModelMemory::ofThisProcess);
            }
        }

        /** How scans are scored by versions that do not answer them. */
        interface Shadow {
            /** Most scans that wait for a shadow; what comes above that is not shadowed. */
            @WithDefault("64")
            int inFlight();

            /** Most bytes of scans that wait for a shadow; what comes above that is not shadowed. */
            @WithDefault("64M")
            MemorySize bytes();
        }
    }

    /** What the HTTP edge refuses, beside {@code httpBytes}. */
    interface Http {
        /** Most images that are read and scored at once. */
        @WithDefault("4096")
        int images();

        /** An image that would wait longer for its turn, as the last ones tell, is refused with 503; urgent ones never. */
        @WithDefault("5s")
        Duration longestWait();

        /** While fewer images wait, none is refused for {@code longestWait}. */
        @WithDefault("64")
        int unhurriedImages();

        /** Most images in one request: files of a form, or an inference request's batch. */
        @WithDefault("256")
        int requestImages();

        /** The largest body of a form or an inference request. */
        @WithDefault("64M")
        MemorySize requestBytes();

        /** How long a client may send nothing in the middle of a body. */
        @WithDefault("30s")
        Duration silence();
    }
}
