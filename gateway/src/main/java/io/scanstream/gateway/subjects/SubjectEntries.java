package io.scanstream.gateway.subjects;

import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.job.JobId;
import io.scanstream.storage.Datasets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * The scans of a subject in every data set version: the entries that name the subject, and those that name nobody and have the
 * same bytes. Entries that fell to an earlier exclusion are left out.
 *
 * @param held positions in the manifests, by version
 * @param blobs images and masks that no other entry has
 * @param shared those that entries of others have too
 */
record SubjectEntries(Map<DatasetVersion, List<Integer>> held, Set<String> blobs, Set<String> shared) {

    /** Reads every manifest twice, and holds one at a time. */
    static SubjectEntries find(Datasets datasets, String subject, JobId exclusion) {
        Set<String> named = new HashSet<>();
        eachManifest(
                datasets,
                (manifest, fallen) -> manifest.entries().stream()
                        .filter(entry -> subject.equals(entry.subject()))
                        .forEach(entry -> named.add(entry.sha256())),
                exclusion);
        Map<DatasetVersion, List<Integer>> held = new LinkedHashMap<>();
        Set<String> theirs = new TreeSet<>();
        Set<String> others = new HashSet<>();
        eachManifest(
                datasets,
                (manifest, fallen) -> {
                    List<Integer> positions = new ArrayList<>();
                    for (int i = 0; i < manifest.entries().size(); i++) {
                        Manifest.Entry entry = manifest.entries().get(i);
                        if (fallen.contains(i)) {
                            continue;
                        }
                        boolean is = subject.equals(entry.subject())
                                || (entry.subject() == null && named.contains(entry.sha256()));
                        if (is) {
                            positions.add(i);
                        }
                        addBlobs(entry, is ? theirs : others);
                    }
                    if (!positions.isEmpty()) {
                        held.put(manifest.dataset(), positions);
                    }
                },
                exclusion);
        Set<String> shared = new TreeSet<>(theirs);
        shared.retainAll(others);
        theirs.removeAll(shared);
        return new SubjectEntries(held, theirs, shared);
    }

    private static void addBlobs(Manifest.Entry entry, Set<String> blobs) {
        blobs.add(entry.sha256());
        if (entry.mask() != null) {
            blobs.add(entry.mask().sha256());
        }
    }

    private static void eachManifest(Datasets datasets, BiConsumer<Manifest, Set<Integer>> consumer, JobId exclusion) {
        for (String name : datasets.names()) {
            for (DatasetVersion version : datasets.versions(name)) {
                datasets.wholeManifest(version)
                        .ifPresent(manifest -> consumer.accept(manifest, datasets.fallenBefore(version, exclusion)));
            }
        }
    }
}
