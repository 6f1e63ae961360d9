package io.scanstream.local.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Topics;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicSetupTest {
    @TempDir
    Path folder;

    @Test
    void createsEveryTopicOnceWithItsPartitionsAndRetention() throws Exception {
        List<String> names = Topics.all().stream().map(Topics.Spec::name).toList();
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder);
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            assertThat(TopicSetup.create(broker.bootstrapServers())).containsExactlyElementsOf(names);
            assertThat(TopicSetup.create(broker.bootstrapServers())).isEmpty();

            var described = admin.describeTopics(names).allTopicNames().get();
            for (Topics.Spec topic : Topics.all()) {
                assertThat(described).hasEntrySatisfying(topic.name(), found -> assertThat(found.partitions())
                        .hasSize(topic.partitions()));
                var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
                assertThat(admin.describeConfigs(List.of(resource)).all().get())
                        .hasEntrySatisfying(resource, config -> assertThat(
                                        config.get("retention.ms").value())
                                .isEqualTo(Long.toString(topic.retention().toMillis())));
            }
        }
    }
}
