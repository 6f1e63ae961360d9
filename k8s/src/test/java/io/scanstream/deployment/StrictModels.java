package io.scanstream.deployment;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.internal.KubernetesDeserializer;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads manifests into the classes of their kinds, strictly: a kind, a field or a value that the class does not know is an
 * error. The models themselves let unknown fields pass; what lets them is taken out here.
 */
final class StrictModels {
    private static final Map<String, Class<?>> STRIMZI = Map.of(
            "kafka.strimzi.io/v1/Kafka", Kafka.class,
            "kafka.strimzi.io/v1/KafkaNodePool", KafkaNodePool.class,
            "kafka.strimzi.io/v1/KafkaTopic", KafkaTopic.class,
            "kafka.strimzi.io/v1/KafkaUser", KafkaUser.class);

    private final ObjectMapper mapper = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .setAnnotationIntrospector(new NothingUnknown());
    private final Map<String, Class<?>> others = new HashMap<>();
    private final KubernetesDeserializer kubernetes = new KubernetesDeserializer(true);

    StrictModels() {
        others.putAll(STRIMZI);
        others.putAll(CustomResources.KINDS);
    }

    /**
     * Reads one object.
     *
     * @throws IllegalArgumentException saying which object, and what is wrong where
     */
    Object read(JsonNode manifest) {
        String version = manifest.path("apiVersion").asText();
        String kind = manifest.path("kind").asText();
        String name = version + " " + kind + " " + manifest.at("/metadata/name").asText();
        @Nullable Class<?> type = others.get(version + "/" + kind);
        if (type == null) {
            type = kubernetes.getRegisteredKind(version, kind);
        }
        if (type == null) {
            throw new IllegalArgumentException(name + ": no such kind.");
        }
        try {
            Object read = mapper.treeToValue(manifest, type);
            requireNoTextLost(name, "", manifest, mapper.valueToTree(read));
            return read;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(name + ": " + e.getOriginalMessage() + " (" + e.getMessage() + ")", e);
        }
    }

    /** Strimzi's enumerations read what they do not know as nothing. */
    private static void requireNoTextLost(String name, String path, JsonNode manifest, JsonNode read) {
        if (manifest.isTextual() && (read.isMissingNode() || read.isNull())) {
            throw new IllegalArgumentException(name + ": " + path + ": " + manifest + " is no value of it.");
        }
        for (int i = 0; manifest.isArray() && i < manifest.size(); i++) {
            requireNoTextLost(name, path + "/" + i, manifest.get(i), read.path(i));
        }
        manifest.properties()
                .forEach(field -> requireNoTextLost(
                        name, path + "/" + field.getKey(), field.getValue(), read.path(field.getKey())));
    }

    /** Fields without a property are not collected and not ignored. */
    private static final class NothingUnknown extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(Annotated member) {
            return false;
        }

        @Override
        public JsonIgnoreProperties.@Nullable Value findPropertyIgnoralByName(MapperConfig<?> config, Annotated type) {
            JsonIgnoreProperties.Value ignored = super.findPropertyIgnoralByName(config, type);
            return ignored == null ? null : ignored.withoutIgnoreUnknown();
        }
    }
}
