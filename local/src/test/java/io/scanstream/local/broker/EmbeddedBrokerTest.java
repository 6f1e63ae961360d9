package io.scanstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerTest {
    @TempDir
    Path folder;

    @Test
    void keepsItsRecordsOverARestartOnTheSamePort() throws Exception {
        String first;
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            first = broker.bootstrapServers();
            write(first, "before");
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            assertThat(broker.bootstrapServers()).isEqualTo(first);
            write(first, "after");
            assertThat(read(first, 2)).containsExactly("before", "after");
        }
    }

    @Test
    void keepsItsRecordsWhenBothPortsHaveBeenTakenInTheMeantime() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            write(broker.bootstrapServers(), "before");
        }
        Properties ports = new Properties();
        try (var in = Files.newInputStream(folder.resolve("ports.properties"))) {
            ports.load(in);
        }
        try (ServerSocket a = taken(ports.getProperty("broker"));
                ServerSocket b = taken(ports.getProperty("controller"));
                EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            assertThat(broker.bootstrapServers())
                    .doesNotEndWith(":" + a.getLocalPort())
                    .doesNotEndWith(":" + b.getLocalPort());
            write(broker.bootstrapServers(), "after");
            assertThat(read(broker.bootstrapServers(), 2)).containsExactly("before", "after");
        }
    }

    @Test
    void waitsForAPredecessorThatIsStillStopping() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            write(broker.bootstrapServers(), "before");
        }
        Process predecessor = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        HoldsTheLock.class.getName(),
                        folder.resolve("data/.lock").toString())
                .start();
        try {
            assertThat(predecessor.inputReader().readLine()).isEqualTo("locked");

            try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
                assertThat(predecessor.isAlive()).isFalse();
                assertThat(read(broker.bootstrapServers(), 1)).containsExactly("before");
            }
        } finally {
            predecessor.destroyForcibly();
        }
    }

    /** A broker that takes its time to stop, as far as the next one can see. */
    static final class HoldsTheLock {
        private HoldsTheLock() {}

        public static void main(String[] args) throws Exception {
            try (FileChannel channel =
                    FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                FileLock lock = channel.lock();
                System.out.println("locked");
                Thread.sleep(3_000);
                lock.release();
            }
        }
    }

    @Test
    void hasShareGroupsAndTransactions() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
            assertThat(features)
                    .hasEntrySatisfying("share.version", on -> assertThat(on.maxVersionLevel())
                            .isPositive())
                    .hasEntrySatisfying("transaction.version", on -> assertThat(on.maxVersionLevel())
                            .isPositive());
        }
    }

    private static ServerSocket taken(String port) throws Exception {
        return new ServerSocket(Integer.parseInt(port), 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    }

    private static void write(String bootstrap, String value) throws Exception {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "acks", "all");
        try (Admin admin = Admin.create(config);
                var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            try {
                admin.createTopics(List.of(new NewTopic("kept", 1, (short) 1)))
                        .all()
                        .get();
            } catch (ExecutionException alreadyThere) {
                assertThat(alreadyThere).hasMessageContaining("already exists");
            }
            producer.send(new ProducerRecord<>("kept", value)).get();
        }
    }

    private static List<String> read(String bootstrap, int count) {
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest");
        List<String> values = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(new TopicPartition("kept", 0)));
            for (int attempt = 0; values.size() < count && attempt < 30; attempt++) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }
}
