package io.scanstream.trainer.processes;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.Topics;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
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
import io.scanstream.storage.Blobs;
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
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/** A broker and a store for trainers to meet on, with every time-out short, and what a gateway does. */
final class Grounds implements AutoCloseable {
    static final Duration LOCK = Duration.ofSeconds(2);

    private final Path folder;
    private EmbeddedBroker broker;
    private EmbeddedObjectStore server;
    private final ObjectStore store;
    private final KafkaProducer<String, byte[]> producer;
    private final Map<String, String> bounds = new HashMap<>();
    private final List<TrainerProcess> trainers = new ArrayList<>();
    private @Nullable TrainerProcess idle;

    final Jobs jobs;
    final Datasets datasets;
    final Models models;
    final Aliases aliases;

    Grounds(Path folder) throws InterruptedException {
        this.folder = folder;
        this.broker = startBroker();
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
        String lock = Long.toString(LOCK.toMillis());
        bounds.put("scanstream.lease.duration", "4s");
        bounds.put("scanstream.lease.renew-every", "500ms");
        bounds.put("scanstream.reconcile.every", "500ms");
        bounds.put("scanstream.reconcile.grace", "1s");
        bounds.put("scanstream.training.progress-every", "1ms");
        bounds.put("scanstream.trainer.longest-wait", "1s");
        bounds.put("scanstream.requests.\"max.poll.interval.ms\"", lock);
        bounds.put("scanstream.requests.\"connections.max.idle.ms\"", lock);
    }

    private EmbeddedBroker startBroker() {
        String lock = Long.toString(LOCK.toMillis());
        return EmbeddedBroker.start(
                folder.resolve("broker"),
                Map.of(
                        "group.share.min.record.lock.duration.ms", "1000",
                        "group.share.record.lock.duration.ms", lock,
                        "connections.max.idle.ms", lock));
    }

    /** Broker and store are away for a while, and come back where they were. */
    void outage(Duration length) throws InterruptedException {
        server.close();
        broker.close();
        Thread.sleep(length.toMillis());
        broker = startBroker();
        server = EmbeddedObjectStore.start(folder.resolve("store"));
    }

    /** The trainer that the last test has left idle, which saves a start, or a new one: the only one that is alive. */
    TrainerProcess trainer() throws IOException {
        TrainerProcess left = idle;
        idle = null;
        return left != null && left.alive() ? left : another();
    }

    /** The only trainer that is alive, with settings of its own. */
    TrainerProcess trainer(Map<String, String> settings) throws IOException {
        if (idle != null) {
            idle.close();
            idle = null;
        }
        return start(settings);
    }

    /** A new trainer beside those that there are. */
    TrainerProcess another() throws IOException {
        return start(Map.of());
    }

    /** Leaves a trainer, without a job and not about to die, to the next test. */
    void leave(TrainerProcess trainer) {
        assertThat(trainer.alive()).as(trainer::log).isTrue();
        idle = trainer;
    }

    /** After a test, also one that failed: no job is left to the next one's trainers, and no trainer but the one left. */
    void clear() {
        jobs.list().forEach(this::cancel);
        trainers.stream().filter(trainer -> trainer != idle).forEach(TrainerProcess::close);
    }

    private TrainerProcess start(Map<String, String> settings) throws IOException {
        Map<String, String> environment = new HashMap<>();
        environment.put("SCANSTREAM_STORE_ENDPOINT", server.endpoint().toString());
        environment.put("SCANSTREAM_STORE_ACCESS_KEY", server.credentials().accessKey());
        environment.put("SCANSTREAM_STORE_SECRET_KEY", server.credentials().secretKey());
        environment.put("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        String name = "trainer-" + (trainers.size() + 1);
        environment.put("SCANSTREAM_CACHE_DIR", folder.resolve("cache-" + name).toString());
        environment.put("SCANSTREAM_DEVICE", "cpu");
        environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        environment.put("QUARKUS_HTTP_PORT", "0");
        Map<String, String> options = new HashMap<>(bounds);
        options.putAll(settings);
        List<String> properties = new ArrayList<>();
        options.forEach((key, value) -> properties.add("-D" + key + "=" + value));
        TrainerProcess trainer = TrainerProcess.start(name, folder, environment, properties);
        trainers.add(trainer);
        return trainer;
    }

    /** A data set version of bright and dark images, as an ingest would leave it. */
    DatasetVersion dataset(String name, int imagesPerClass) {
        DatasetVersion version = datasets.reserve(name, JobId.next());
        Blobs blobs = new Blobs(store);
        List<Manifest.Entry> entries = new ArrayList<>();
        TinyImages.folders(imagesPerClass).forEach((path, bytes) -> {
            String label = path.contains("/bright/") ? "bright" : "dark";
            Split split = path.contains("/test/") ? Split.TEST : Split.TRAIN;
            entries.add(new Manifest.Entry(path, blobs.put(bytes), bytes.length, label, split, null, null, null));
        });
        Manifest manifest = new Manifest(version, List.of("bright", "dark"), entries, List.of(), now());
        assertThat(datasets.writeManifest(manifest)).isTrue();
        return version;
    }

    /** Spools an upload of bright and dark images and asks for its ingest. */
    JobId askForIngest(String name, int imagesPerClass) {
        JobId job = JobId.next();
        DatasetVersion dataset = datasets.reserve(name, job);
        datasets.writeUpload(dataset, new ByteArrayInputStream(TinyImages.zip(TinyImages.folders(imagesPerClass))));
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

    JobState await(JobId job, Predicate<JobState> condition) {
        JobState state;
        try {
            state = Awaitility.await("job " + job)
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> head(job), condition.or(head -> head.status().ended()));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("waited in vain; " + head(job) + "\n" + logs(), e);
        }
        assertThat(state).as(this::logs).matches(condition, "is what was waited for");
        return state;
    }

    JobState awaitEnd(JobId job) {
        return await(job, state -> state.status().ended());
    }

    void cancel(JobId job) {
        jobs.journal(job).update(head -> head.map(Journal.Entry::value)
                .filter(state -> !state.status().ended())
                .map(state -> state.cancelled("asked for by a test", now())));
    }

    /** Every owner that the job has had, in order. */
    List<String> owners(JobId job) {
        return jobs.journal(job).history().stream()
                .map(entry -> entry.value().owner())
                .filter(Objects::nonNull)
                .map(JobState.Owner::trainer)
                .distinct()
                .toList();
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

    /** The journal has the end before it is told. */
    void awaitLast(JobId job, Class<? extends TrainingEvent> last) {
        Awaitility.await("last event of job " + job)
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> events(job),
                        events -> !events.isEmpty() && last.isInstance(events.get(events.size() - 1)));
    }

    List<ModelEvent> events(ModelVersion model) {
        List<ModelEvent> events = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records(Topics.MODEL_EVENTS)) {
            ModelEvent event = Json.read(record.value(), ModelEvent.class);
            if (model.toString().equals(record.key())) {
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
    String logs() {
        StringBuilder all = new StringBuilder();
        try (var logs = Files.newDirectoryStream(folder, "*.log")) {
            for (Path log : logs) {
                all.append("== ").append(log.getFileName()).append('\n');
                Files.readAllLines(log).stream()
                        .filter(line ->
                                line.matches("[0-9:]+ .*") || line.startsWith("\t") || line.contains("Exception"))
                        .forEach(line -> all.append(line).append('\n'));
            }
        } catch (IOException e) {
            all.append(e);
        }
        return all.toString();
    }

    private static Instant now() {
        return Instant.now();
    }

    @Override
    public void close() {
        trainers.forEach(TrainerProcess::close);
        producer.close();
        store.close();
        server.close();
        broker.close();
    }
}
