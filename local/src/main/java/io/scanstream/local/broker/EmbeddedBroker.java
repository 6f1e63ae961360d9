package io.scanstream.local.broker;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ParentWatch;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.local.home.AtomicFile;
import io.scanstream.local.home.KeptPorts;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * Apache Kafka in KRaft mode, broker and controller in one, on the loopback address. Its folder keeps the records, the
 * groups and the ports; a start on the same folder finds them again, on other ports if the old ones are taken.
 *
 * <p>The quorum is the static kind ({@code controller.quorum.voters}): a dynamic quorum writes the controller's port
 * into the metadata log when the folder is formatted, and a broker that must move to another port then waits for a
 * voter that is no longer there.
 */
public final class EmbeddedBroker implements AutoCloseable {
    private static final int NODE = 1;
    private static final String CLIENTS = "broker";
    private static final String QUORUM = "controller";
    private static final Duration PREDECESSOR_STOPS_WITHIN = Duration.ofSeconds(20);

    private final KafkaRaftServer server;
    private final String bootstrapServers;

    private EmbeddedBroker(KafkaRaftServer server, String bootstrapServers) {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
    }

    /** Starts a broker in this JVM; returns when it takes requests (seconds). The caller closes it. */
    public static EmbeddedBroker start(Path folder) {
        return start(folder, Map.of());
    }

    /**
     * Starts a broker in this JVM; returns when it takes requests (seconds). The caller closes it.
     *
     * @param folder where it keeps everything; made if absent
     * @param settings broker settings that replace ours, as in {@code server.properties}
     * @throws ScanstreamException {@link ErrorCode#BROKER_UNAVAILABLE} if it does not come up; another broker on the
     *     same folder is the usual reason
     */
    public static EmbeddedBroker start(Path folder, Map<String, String> settings) {
        Path home = folder.toAbsolutePath().normalize();
        Path data = home.resolve("data");
        KeptPorts ports = KeptPorts.choose(home.resolve("ports.properties"), List.of(CLIENTS, QUORUM));
        format(data);
        awaitPredecessor(data);

        Map<String, String> all = settings(data, ports.of(CLIENTS), ports.of(QUORUM));
        all.putAll(settings);
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(all), Time.SYSTEM);
        try {
            server.startup();
        } catch (RuntimeException e) {
            server.shutdown();
            throw new ScanstreamException(
                    ErrorCode.BROKER_UNAVAILABLE,
                    "The broker on " + home + " did not start: " + e.getMessage()
                            + ". Is another one running on this folder?",
                    e);
        }
        return new EmbeddedBroker(server, "127.0.0.1:" + ports.of(CLIENTS));
    }

    /** Where clients connect, {@code host:port}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Returns when the broker has stopped, by {@link #close} or by itself. */
    public void awaitStop() {
        server.awaitShutdown();
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    /**
     * The broker as a process of its own: stops on SIGTERM, and writes its address when it takes requests.
     *
     * @param args its folder, and the file that gets {@code host:port}
     */
    public static void main(String[] args) {
        if (args.length != 2) {
            System.err.println("usage: EmbeddedBroker FOLDER ADDRESS-FILE");
            System.exit(2);
        }
        ParentWatch.startIfAsked();
        EmbeddedBroker broker = start(Path.of(args[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "stop-broker"));
        AtomicFile.write(Path.of(args[1]), broker.bootstrapServers());
        broker.awaitStop();
    }

    private static Map<String, String> settings(Path data, int clientPort, int quorumPort) {
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE));
        settings.put("controller.quorum.voters", NODE + "@127.0.0.1:" + quorumPort);
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("listeners", "PLAINTEXT://127.0.0.1:" + clientPort + ",CONTROLLER://127.0.0.1:" + quorumPort);
        settings.put("log.dirs", data.toString());

        // A misspelt topic is to be an error, not a new topic.
        settings.put("auto.create.topics.enable", "false");
        // One node holds the only copy of each internal topic; few partitions start and stop faster.
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        // A scorer that was killed gives its partitions back in seconds; the default is 45.
        settings.put("group.consumer.min.session.timeout.ms", "6000");
        settings.put("group.consumer.session.timeout.ms", "10000");
        // A laptop that slept for a fortnight still knows what was scored: as long as our longest topic retention.
        settings.put("offsets.retention.minutes", Integer.toString(30 * 24 * 60));

        // For a heap of 512 MB and a few clients.
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "4");
        settings.put("background.threads", "2");
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(16 << 20));
        return settings;
    }

    /**
     * Waits for Kafka's own lock on its folder: after a launcher was killed, the broker that it leaves behind takes a few
     * seconds to stop, and the next start shall not fail for it.
     */
    private static void awaitPredecessor(Path data) {
        long deadline = System.nanoTime() + PREDECESSOR_STOPS_WITHIN.toNanos();
        try (FileChannel lock =
                FileChannel.open(data.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            while (!free(lock)) {
                if (System.nanoTime() > deadline) {
                    throw new ScanstreamException(
                            ErrorCode.BROKER_UNAVAILABLE,
                            "Another broker runs on " + data + ". Stop it, or name another folder.");
                }
                Thread.sleep(100);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot lock the broker's folder " + data + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(
                    ErrorCode.BROKER_UNAVAILABLE, "Interrupted while another broker stopped on " + data + ".", e);
        }
    }

    private static boolean free(FileChannel channel) throws IOException {
        try (FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // another broker in this JVM
        }
    }

    private static void format(Path data) {
        if (Files.exists(data.resolve("meta.properties"))) {
            return;
        }
        try {
            Files.createDirectories(data);
            new Formatter()
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE)
                    .addDirectory(data.toString())
                    .setMetadataLogDirectory(data.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setPrintStream(new PrintStream(PrintStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .run();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot make the broker's folder " + data + ".", e);
        } catch (Exception e) {
            throw new ScanstreamException(
                    ErrorCode.BROKER_UNAVAILABLE,
                    "The broker's folder " + data + " cannot be formatted: " + e.getMessage(),
                    e);
        }
    }
}
