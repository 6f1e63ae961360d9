package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jboss.logging.Logger;

/**
 * A membership in the trainers' share group (KIP-932): takes one record at a time, and answers for it before the next. For
 * one thread; the caller closes it.
 *
 * <p>A trainer is a member only while it looks for work. It could stay one and not poll: it would be thrown out at {@code
 * max.poll.interval.ms} and come back by itself. But the group deals partitions to its members, and the partitions dealt to
 * a trainer that is busy for half an hour would wait for it while others idle. So it leaves before it works, and then there
 * is no lock, no poll interval and no idle connection that work could outlive.
 */
final class ShareGroup implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ShareGroup.class);
    private static final String RESET = "share.auto.offset.reset";
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(5);

    private final KafkaShareConsumer<String, byte[]> consumer;

    private ShareGroup(KafkaShareConsumer<String, byte[]> consumer) {
        this.consumer = consumer;
    }

    /**
     * Joins.
     *
     * @param settings of the Kafka client, {@code bootstrap.servers} at least
     */
    static ShareGroup join(Map<String, String> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("group.id", Topics.TRAINERS_GROUP);
        all.put("share.acknowledgement.mode", "explicit");
        all.put("share.acquire.mode", "record_limit");
        all.put("max.poll.records", 1);
        KafkaShareConsumer<String, byte[]> consumer =
                new KafkaShareConsumer<>(all, new StringDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(Topics.TRAINING_REQUESTS));
        return new ShareGroup(consumer);
    }

    /** The next record, or empty if none comes in time. It has to be accepted or given back before the next call. */
    Optional<ConsumerRecord<String, byte[]>> next(Duration within) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(within)) {
            return Optional.of(record);
        }
        return Optional.empty();
    }

    /** The record is dealt with. If Kafka does not hear of it, it delivers it again, and it is dropped then. */
    void accept(ConsumerRecord<String, byte[]> record) {
        answer(record, AcknowledgeType.ACCEPT);
    }

    /** Somebody else may have it, or this trainer later. */
    void giveBack(ConsumerRecord<String, byte[]> record) {
        answer(record, AcknowledgeType.RELEASE);
    }

    private void answer(ConsumerRecord<String, byte[]> record, AcknowledgeType answer) {
        consumer.acknowledge(record, answer);
        consumer.commitSync()
                .forEach((partition, failed) -> failed.ifPresent(e -> LOG.warnf(
                        "record %s-%d is not acknowledged (%s): it will come again",
                        partition, record.offset(), e.getMessage())));
    }

    @Override
    public void close() {
        consumer.close(LEAVE_WITHIN);
    }

    /**
     * Sees that the brokers have share groups, and that the trainers' group starts with the oldest record: a new group starts
     * at the end otherwise, and jobs asked for before the first trainer came would wait for the reconciler.
     *
     * @throws ScanstreamException {@code BROKER_UNAVAILABLE} while Kafka does not answer; {@code INVALID_REQUEST} naming the
     *     setting that somebody has to change
     */
    static void prepare(Map<String, String> settings) {
        String where = settings.getOrDefault("bootstrap.servers", "an unknown address");
        Map<String, Object> client = new HashMap<>(settings);
        client.put("request.timeout.ms", 5_000);
        client.put("default.api.timeout.ms", 10_000);
        try (Admin admin = Admin.create(client)) {
            FinalizedVersionRange version = admin.describeFeatures()
                    .featureMetadata()
                    .get()
                    .finalizedFeatures()
                    .get("share.version");
            if (version == null || version.maxVersionLevel() < 1) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        "Kafka at " + where + " has no share groups: its feature share.version is "
                                + (version == null ? "absent" : version.maxVersionLevel())
                                + ", 1 is needed. Use Kafka 4.2 or newer, and kafka-features.sh upgrade --feature"
                                + " share.version=1.");
            }
            startWithTheOldest(admin, where);
        } catch (ExecutionException e) {
            throw unavailable(where, e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw unavailable(where, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(where, e);
        }
    }

    private static void startWithTheOldest(Admin admin, String where) throws ExecutionException, InterruptedException {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, Topics.TRAINERS_GROUP);
        try {
            AlterConfigOp earliest = new AlterConfigOp(new ConfigEntry(RESET, "earliest"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(group, List.of(earliest)))
                    .all()
                    .get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RetriableException) {
                throw e;
            }
            // Perhaps only the right to change it is missing, and an operator has set it.
            Config config = admin.describeConfigs(List.of(group)).all().get().get(group);
            ConfigEntry now = config == null ? null : config.get(RESET);
            if (now == null || !"earliest".equals(now.value())) {
                throw new ScanstreamException(
                        ErrorCode.INVALID_REQUEST,
                        "the share group '" + Topics.TRAINERS_GROUP + "' at " + where + " needs " + RESET
                                + "=earliest, it is " + (now == null ? "absent" : now.value())
                                + " and cannot be set from here ("
                                + e.getMessage()
                                + "). Set it with kafka-configs.sh --alter --group " + Topics.TRAINERS_GROUP
                                + " --add-config "
                                + RESET + "=earliest.",
                        e);
            }
        }
    }

    private static ScanstreamException unavailable(String where, Throwable e) {
        return new ScanstreamException(
                ErrorCode.BROKER_UNAVAILABLE, "Kafka at " + where + " does not answer: " + e.getMessage(), e);
    }
}
