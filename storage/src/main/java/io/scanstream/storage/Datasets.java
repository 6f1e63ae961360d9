package io.scanstream.storage;

import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/**
 * The prefix {@code datasets/}: manifests and uploads that wait to be read. A version is reserved when its upload begins
 * and can be used once its manifest is there.
 */
public final class Datasets {
    private static final String PREFIX = "datasets/";

    private final ObjectStore store;

    public Datasets(ObjectStore store) {
        this.store = store;
    }

    public List<String> names() {
        return store.children(PREFIX);
    }

    /** The versions of a data set, ready or not, oldest first. */
    public List<DatasetVersion> versions(String name) {
        return store.children(PREFIX + name + "/").stream()
                .map(version -> new DatasetVersion(name, Integer.parseInt(version)))
                .sorted(java.util.Comparator.comparingInt(DatasetVersion::version))
                .toList();
    }

    /** Takes the next free version for an upload that the given job will read. */
    public DatasetVersion reserve(String name, JobId ingest) {
        List<DatasetVersion> taken = versions(name);
        int next = taken.isEmpty() ? 1 : taken.get(taken.size() - 1).version() + 1;
        while (!store.createIfAbsent(key(new DatasetVersion(name, next), "ingest.json"), Json.bytes(ingest))) {
            next++;
        }
        return new DatasetVersion(name, next);
    }

    /** The job that reads, or has read, a version's upload; empty: no such version. */
    public Optional<JobId> ingestJob(DatasetVersion version) {
        return store.get(key(version, "ingest.json")).map(json -> Json.read(json, JobId.class));
    }

    public Optional<Manifest> manifest(DatasetVersion version) {
        return store.get(key(version, "manifest.json")).map(json -> Json.read(json, Manifest.class));
    }

    /** Completes a version; false if it was complete before: the first manifest stands. */
    public boolean writeManifest(Manifest manifest) {
        return store.createIfAbsent(key(manifest.dataset(), "manifest.json"), Json.bytes(manifest));
    }

    /** Where the upload of a version is kept until it has been read. */
    public String uploadKey(DatasetVersion version) {
        return key(version, "upload");
    }

    /** Spools an upload of unknown length; the stream is read to its end but not closed. */
    public String writeUpload(DatasetVersion version, InputStream in) {
        store.put(uploadKey(version), in, -1);
        return uploadKey(version);
    }

    /** The upload, or empty if it was read before. Caller closes. */
    public Optional<InputStream> openUpload(DatasetVersion version) {
        return store.open(uploadKey(version));
    }

    public void deleteUpload(DatasetVersion version) {
        store.delete(uploadKey(version));
    }

    /** Deletes a version's manifest and upload. The images stay: other versions may hold them. */
    public void delete(DatasetVersion version) {
        for (ObjectStore.Listed object : store.list(key(version, ""))) {
            store.delete(object.key());
        }
    }

    private static String key(DatasetVersion version, String file) {
        return PREFIX + version.name() + "/" + version.version() + "/" + file;
    }
}
