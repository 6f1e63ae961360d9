package io.scanstream.storage;

import com.fasterxml.jackson.core.type.TypeReference;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.job.JobId;
import io.scanstream.contracts.job.JobState;
import io.scanstream.contracts.job.Lease;
import io.scanstream.contracts.model.GateDecision;
import io.scanstream.contracts.training.TrainingEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The prefix {@code jobs/}: journals, leases, checkpoints and the history of epochs. */
public final class Jobs {
    private static final String PREFIX = "jobs/";
    private static final TypeReference<List<TrainingEvent.EpochCompleted>> EPOCHS = new TypeReference<>() {};

    private final ObjectStore store;

    public Jobs(ObjectStore store) {
        this.store = store;
    }

    /** Every job there is, oldest first. */
    public List<JobId> list() {
        return store.children(PREFIX).stream().map(JobId::of).sorted().toList();
    }

    public Journal<JobState> journal(JobId id) {
        return new Journal<>(store, PREFIX + id + "/state/", JobState.class);
    }

    /** A small file that a job has left, by its path there. */
    public Optional<byte[]> companion(JobId id, String path) {
        return store.get(PREFIX + id + "/" + path);
    }

    /** Deletes what may show patients' pixels. */
    public void deletePrivate(JobId id) {
        for (ObjectStore.Listed object : store.list(PREFIX + id + "/private/")) {
            store.delete(object.key());
        }
    }

    public Optional<Lease> lease(JobId id) {
        return store.get(leaseKey(id)).map(json -> Json.read(json, Lease.class));
    }

    public void renew(JobId id, Lease lease) {
        store.put(leaseKey(id), Json.bytes(lease));
    }

    /**
     * Uploads a checkpoint's files. It counts only once the journal names the prefix that is returned.
     *
     * @param token the owner's: no two owners write below one prefix
     * @param name unique for this owner
     */
    public String writeCheckpoint(JobId id, String token, String name, Path folder) {
        String prefix = PREFIX + id + "/checkpoints/" + token + "/" + name + "/";
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                try (InputStream in = Files.newInputStream(file)) {
                    store.put(prefix + file.getFileName(), in, Files.size(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("checkpoint in " + folder, e);
        }
        return prefix;
    }

    /** Downloads a checkpoint that the journal names into a folder, which is created. */
    public void readCheckpoint(String prefix, Path folder) {
        for (ObjectStore.Listed file : store.list(prefix)) {
            store.download(file.key(), folder.resolve(file.key().substring(prefix.length())));
        }
    }

    /** Deletes every checkpoint of a job but the one under the prefix. */
    public void deleteCheckpointsExcept(JobId id, Optional<String> kept) {
        for (ObjectStore.Listed file : store.list(PREFIX + id + "/checkpoints/")) {
            if (kept.isEmpty() || !file.key().startsWith(kept.get())) {
                store.delete(file.key());
            }
        }
    }

    /** The epochs so far, oldest first. */
    public List<TrainingEvent.EpochCompleted> history(JobId id) {
        return store.get(historyKey(id)).map(json -> Json.read(json, EPOCHS)).orElseGet(ArrayList::new);
    }

    public void writeHistory(JobId id, List<TrainingEvent.EpochCompleted> epochs) {
        store.put(historyKey(id), Json.bytes(epochs, EPOCHS));
    }

    /**
     * Uploads what a job leaves besides its model: every file below a folder, under its path there, in the place of one
     * that was there before.
     */
    public void writeCompanions(JobId id, Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String path = folder.relativize(file).toString().replace('\\', '/');
                try (InputStream in = Files.newInputStream(file)) {
                    store.put(PREFIX + id + "/" + path, in, Files.size(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("files of job " + id + " in " + folder, e);
        }
    }

    /** Writes one small file that a job leaves besides its model, under its path there. */
    public void writeCompanion(JobId id, String path, byte[] bytes) {
        store.put(PREFIX + id + "/" + path, bytes);
    }

    /** What the promotion gate decided about the job's model; empty: nothing yet. */
    public Optional<GateDecision> gateDecision(JobId id) {
        return store.get(gateKey(id)).map(json -> Json.read(json, GateDecision.class));
    }

    public void writeGateDecision(JobId id, GateDecision decision) {
        store.put(gateKey(id), Json.bytes(decision));
    }

    /** Deletes one checkpoint, by the prefix that {@link #writeCheckpoint} returned. */
    public void deleteCheckpoint(String prefix) {
        for (ObjectStore.Listed file : store.list(prefix)) {
            store.delete(file.key());
        }
    }

    private static String gateKey(JobId id) {
        return PREFIX + id + "/gate.json";
    }

    private static String leaseKey(JobId id) {
        return PREFIX + id + "/lease.json";
    }

    private static String historyKey(JobId id) {
        return PREFIX + id + "/history.json";
    }
}
