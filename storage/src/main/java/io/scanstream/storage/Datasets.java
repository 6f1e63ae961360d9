package io.scanstream.storage;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Json;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Exploration;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Tombstone;
import io.scanstream.contracts.job.JobId;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The prefix {@code datasets/}: manifests and uploads that wait to be read. A version is reserved when its upload begins
 * and can be used once its manifest is there. A deleted version leaves {@code deleted.json} behind, so that its number
 * never comes to mean other images. Entries that fell to the exclusion of a subject are named by tombstones beside the manifest.
 */
public final class Datasets {
    private static final String PREFIX = "datasets/";
    private static final String INGEST = "ingest.json";
    private static final String EXPLORATION = "exploration.json";
    private static final String DELETED = "deleted.json";
    private static final String EXCLUDED = "excluded/";

    private final ObjectStore store;

    public Datasets(ObjectStore store) {
        this.store = store;
    }

    /** The data sets that have a version, sorted. */
    public List<String> names() {
        return store.children(PREFIX).stream()
                .filter(name -> !versions(name).isEmpty())
                .toList();
    }

    /** The versions of a data set, ready or not, oldest first; deleted ones are left out. */
    public List<DatasetVersion> versions(String name) {
        List<DatasetVersion> versions = new ArrayList<>();
        numbers(name).forEach((number, files) -> {
            if (files.contains(INGEST) && !files.contains(DELETED)) {
                versions.add(new DatasetVersion(name, number));
            }
        });
        return versions;
    }

    /** Takes the next free version for an upload that the given job will read. */
    public DatasetVersion reserve(String name, JobId ingest) {
        NavigableMap<Integer, Set<String>> taken = numbers(name);
        int next = taken.isEmpty() ? 1 : taken.lastKey() + 1;
        while (!store.createIfAbsent(key(new DatasetVersion(name, next), INGEST), Json.bytes(ingest))) {
            next++;
        }
        return new DatasetVersion(name, next);
    }

    /** The files of every number that was ever taken, by number. */
    private NavigableMap<Integer, Set<String>> numbers(String name) {
        String prefix = PREFIX + name + "/";
        NavigableMap<Integer, Set<String>> numbers = new TreeMap<>();
        for (ObjectStore.Listed object : store.list(prefix)) {
            String[] parts = object.key().substring(prefix.length()).split("/", 2);
            if (parts.length == 2 && parts[0].matches("[1-9]\\d{0,8}")) {
                numbers.computeIfAbsent(Integer.valueOf(parts[0]), number -> new HashSet<>())
                        .add(parts[1]);
            }
        }
        return numbers;
    }

    /** The job that reads, or has read, a version's upload; empty: no such version, or it was deleted. */
    public Optional<JobId> ingestJob(DatasetVersion version) {
        return store.get(key(version, INGEST)).map(json -> Json.read(json, JobId.class));
    }

    /** What a version holds, less what fell to exclusions; empty before it is complete. */
    public Optional<Manifest> manifest(DatasetVersion version) {
        return wholeManifest(version).map(manifest -> {
            Set<Integer> fallen = fallen(version, file -> true);
            return fallen.isEmpty() ? manifest : manifest.without(fallen);
        });
    }

    /** The manifest as it was written, whose digest models carry: with what fell to exclusions, of which there are no blobs. */
    public Optional<Manifest> wholeManifest(DatasetVersion version) {
        return store.get(key(version, "manifest.json")).map(json -> Json.read(json, Manifest.class));
    }

    /** Lets entries of a version fall to an exclusion. */
    public void bury(DatasetVersion version, Tombstone tombstone) {
        store.put(key(version, EXCLUDED + tombstone.exclusion() + ".json"), Json.bytes(tombstone));
    }

    /** Positions in the {@link #wholeManifest} that fell to other exclusions than one. */
    public Set<Integer> fallenBefore(DatasetVersion version, JobId exclusion) {
        return fallen(version, file -> !file.equals(exclusion + ".json"));
    }

    private Set<Integer> fallen(DatasetVersion version, Predicate<String> files) {
        Set<Integer> fallen = new HashSet<>();
        for (String file : store.children(key(version, EXCLUDED))) {
            if (files.test(file)) {
                byte[] json = store.require(key(version, EXCLUDED + file), ErrorCode.INTERNAL);
                fallen.addAll(Json.read(json, Tombstone.class).entries());
            }
        }
        return fallen;
    }

    /** Completes a version; false if it was complete before: the first manifest stands. */
    public boolean writeManifest(Manifest manifest) {
        return store.createIfAbsent(key(manifest.dataset(), "manifest.json"), Json.bytes(manifest));
    }

    /** Keeps a first look at a version. */
    public void writeExploration(Exploration exploration) {
        store.put(key(exploration.dataset(), EXPLORATION), Json.bytes(exploration));
    }

    /** A first look at a version; empty before its ingest has ended, and for versions from before there were any. */
    public Optional<Exploration> exploration(DatasetVersion version) {
        return store.get(key(version, EXPLORATION)).map(json -> Json.read(json, Exploration.class));
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

    /** Gives a number back whose upload did not arrive: nobody can have used it. */
    public void release(DatasetVersion version) {
        for (ObjectStore.Listed object : store.list(key(version, ""))) {
            store.delete(object.key());
        }
    }

    /** Deletes a version's manifest and upload; its number stays taken. The images stay: other versions may hold them. */
    public void delete(DatasetVersion version) {
        store.put(key(version, DELETED), Json.bytes(Map.of("at", Instant.now())));
        for (ObjectStore.Listed object : store.list(key(version, ""))) {
            if (!object.key().equals(key(version, DELETED))) {
                store.delete(object.key());
            }
        }
    }

    private static String key(DatasetVersion version, String file) {
        return PREFIX + version.name() + "/" + version.version() + "/" + file;
    }
}
