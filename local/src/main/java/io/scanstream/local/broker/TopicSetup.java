package io.scanstream.local.broker;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.Topics;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Creates the topics of {@link Topics} on a broker, as a cluster's operator would. Topics that are there stay as they
 * are: somebody may have given them more partitions or a longer retention on purpose.
 */
public final class TopicSetup {
    private TopicSetup() {}

    /**
     * Creates what is missing, with one replica each.
     *
     * @return the names of the topics that were created
     * @throws ScanstreamException {@link ErrorCode#BROKER_UNAVAILABLE} if the broker does not answer or refuses
     * @throws InterruptedException if the thread was interrupted while it waited for the broker
     */
    public static List<String> create(String bootstrapServers) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            Set<String> present = admin.listTopics().names().get();
            List<NewTopic> missing = Topics.all().stream()
                    .filter(topic -> !present.contains(topic.name()))
                    .map(TopicSetup::newTopic)
                    .toList();
            for (var created : admin.createTopics(missing).values().values()) {
                awaitCreated(created::get);
            }
            return missing.stream().map(NewTopic::name).toList();
        } catch (ExecutionException | KafkaException e) {
            throw new ScanstreamException(
                    ErrorCode.BROKER_UNAVAILABLE,
                    "The topics could not be created on " + bootstrapServers + ": " + e.getMessage(),
                    e);
        }
    }

    private static NewTopic newTopic(Topics.Spec topic) {
        return new NewTopic(topic.name(), topic.partitions(), (short) 1)
                .configs(Map.of("retention.ms", Long.toString(topic.retention().toMillis())));
    }

    private interface Creation {
        void await() throws InterruptedException, ExecutionException;
    }

    private static void awaitCreated(Creation creation) throws InterruptedException, ExecutionException {
        try {
            creation.await();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e; // somebody else creating it at the same time is what we wanted
            }
        }
    }
}
