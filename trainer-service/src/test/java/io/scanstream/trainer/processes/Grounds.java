package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.JobStatus;
import io.scanstream.contracts.model.ModelEvent;
import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.contracts.recipe.RecipeReader;
import io.scanstream.contracts.training.TrainingEvent;
import io.scanstream.contracts.training.TrainingMessage;
import io.scanstream.local.broker.EmbeddedBroker;
import io.scanstream.local.broker.TopicSetup;
import io.scanstream.local.objectstore.EmbeddedObjectStore;
import io.scanstream.storage.Aliases;
import io.scanstream.storage.Datasets;
import io.scanstream.storage.Jobs;
import io.scanstream.storage.Journal;
import io.scanstream.storage.Models;
import io.scanstream.storage.ObjectStore;
import io.scanstream.storage.StoreConfig;
import io.scanstream.trainer.TinyImages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker and a store for trainers to meet on, with every time-out short, and what a gateway does. */
final class Grounds implements AutoCloseable {
    static final Duration LOCK = Duration.ofSeconds(2);

    private final Path folder;
    private final EmbeddedBroker broker;
    private final EmbeddedObjectStore server;
    private final ObjectStore store;
    private final KafkaProducer<String, byte[]> producer;
    private final Map<String, String> bounds = new HashMap<>();
    private int processes;

    final Jobs jobs;
    final Datasets datasets;
    final Models models;
    final Aliases aliases;

    Grounds(Path folder) throws InterruptedException {
        this.folder = folder;
        String lock = Long.toString(LOCK.toMillis());
        this.broker = EmbeddedBroker.start(
                folder.resolve("broker"),
                Map.of(
                        "group.share.min.record.lock.duration.ms", "1000",
                        "group.share.record.lock.duration.ms", lock,
                        "connections.max.idle.ms", lock));
        TopicSetup.create(broker.bootstrapServers());
        this.server = EmbeddedObjectStore.start(folder.resolve("store"));
        this.store = ObjectStore.open(new StoreConfig(
                server.endpoint(),
                server.credentials().accessKey(),
                server.credentials().secretKey(),
                "scanstream",
                "us-east-1"));
        this.jobs = new Jobs(store);
        this.datasets = new Datasets(store);
        this.models = new Models(store);
        this.aliases = new Aliases(store);
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers(), "acks", "all"),
                new StringSerializer(),
                new ByteArraySerializer());
        bounds.put("scanstream.lease.duration", "4s");
        bounds.put("scanstream.lease.renew-every", "1s");
        bounds.put("scanstream.reconcile.every", "1s");
        bounds.put("scanstream.reconcile.grace", "1s");
        bounds.put("scanstream.training.progress-every", "50ms");
        bounds.put("scanstream.requests.\"max.poll.interval.ms\"", lock);
        bounds.put("scanstream.requests.\"connections.max.idle.ms\"", lock);
    }

    /** A trainer with short leases. */
    TrainerProcess trainer(String name) throws IOException {
        return trainer(name, Map.of(), Map.of());
    }

    /** A trainer that dies at a point. */
    TrainerProcess doomed(String name, String faultPoint) throws IOException {
        return trainer(name, Map.of("SCANSTREAM_FAULT", faultPoint), Map.of());
    }

    TrainerProcess trainer(String name, Map<String, String> environment, Map<String, String> settings)
            throws IOException {
        Map<String, String> all = new HashMap<>(environment);
        all.put("SCANSTREAM_STORE_ENDPOINT", server.endpoint().toString());
        all.put("SCANSTREAM_STORE_ACCESS_KEY", server.credentials().accessKey());
        all.put("SCANSTREAM_STORE_SECRET_KEY", server.credentials().secretKey());
        all.put("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        all.put("SCANSTREAM_CACHE_DIR", folder.resolve("cache-" + name).toString());
        all.put("SCANSTREAM_DEVICE", "cpu");
        all.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        all.put("QUARKUS_HTTP_PORT", "0");
        Map<String, String> options = new HashMap<>(bounds);
        options.put("scanstream.trainer.name", name);
        options.putAll(settings);
        List<String> properties = new ArrayList<>();
        options.forEach((key, value) -> properties.add("-D" + key + "=" + value));
        return TrainerProcess.start(folder.resolve(name + "-" + ++processes + ".log"), all, properties);
    }

    /** Spools an upload of bright and dark images and asks for its ingest. */
    JobId askForIngest(String name, int imagesPerClass) {
        JobId job = JobId.next();
        DatasetVersion dataset = datasets.reserve(name, job);
        datasets.writeUpload(dataset, new ByteArrayInputStream(TinyImages.zip(imagesPerClass)));
        return ask(
                JobState.queued(job, new JobState.Ingest(dataset, datasets.uploadKey(dataset)), now()),
                new TrainingMessage.IngestRequested(job));
    }

    JobId askForTraining(String model, DatasetVersion dataset, int epochs) {
        JobId job = JobId.next();
        byte[] recipe = TinyImages.recipe(epochs).getBytes(StandardCharsets.UTF_8);
        return ask(
                JobState.queued(job, new JobState.Training(model, dataset, RecipeReader.read(recipe)), now()),
                new TrainingMessage.TrainingRequested(job));
    }

    private JobId ask(JobState queued, TrainingMessage request) {
        assertThat(jobs.journal(queued.id()).append(0, queued)).isTrue();
        send(request.jobId().toString(), Json.bytes(request));
        return queued.id();
    }

    void send(String key, byte[] value) {
        try {
            producer.send(new ProducerRecord<>(Topics.TRAINING_REQUESTS, key, value))
                    .get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    JobState head(JobId job) {
        return jobs.journal(job).head().map(Journal.Entry::value).orElseThrow();
    }

    JobState awaitEnd(JobId job) {
        return await("end of job " + job)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> head(job), state -> state.status().ended());
    }

    JobState awaitSuccess(JobId job) {
        JobState end = awaitEnd(job);
        assertThat(end.status()).as(String.valueOf(end.reason())).isEqualTo(JobStatus.SUCCEEDED);
        return end;
    }

    /** Everything told of a job so far, in order. */
    List<TrainingEvent> events(JobId job) {
        List<TrainingEvent> events = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records(Topics.TRAINING_EVENTS)) {
            TrainingEvent event = Json.read(record.value(), TrainingEvent.class);
            if (event.jobId().equals(job)) {
                events.add(event);
            }
        }
        return events;
    }

    List<ModelEvent> events(ModelVersion model) {
        List<ModelEvent> events = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records(Topics.MODEL_EVENTS)) {
            ModelEvent event = Json.read(record.value(), ModelEvent.class);
            if (event.model().equals(model)) {
                events.add(event);
            }
        }
        return events;
    }

    /** Every record of a topic's one partition. */
    List<ConsumerRecord<String, byte[]>> records(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
        }
        return records;
    }

    /** The lines that trainers have logged, for messages of failed assertions. */
    String logs() throws IOException {
        StringBuilder all = new StringBuilder();
        try (var logs = Files.newDirectoryStream(folder, "*.log")) {
            for (Path log : logs) {
                all.append("== ").append(log.getFileName()).append('\n').append(Files.readString(log));
            }
        }
        return all.toString();
    }

    private static Instant now() {
        return Instant.now();
    }

    @Override
    public void close() {
        producer.close();
        store.close();
        server.close();
        broker.close();
    }
}
