package io.scanstream.contracts.dataset;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.scanstream.contracts.ErrorCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a data set version holds, {@code datasets/<name>/<version>/manifest.json}. Written once, when the upload has been
 * read to its end.
 *
 * @param classes the labels, sorted; a model's class order
 * @param entries every image that can be used, sorted by path
 * @param rejected every file that cannot, with the reason
 */
public record Manifest(
        DatasetVersion dataset, List<String> classes, List<Entry> entries, List<Rejected> rejected, Instant createdAt) {

    /**
     * One image.
     *
     * @param path in the upload, with '/' between folders
     * @param sha256 of the bytes, in hex; the image is the object {@code blobs/<sha256>}
     * @param subject whose scan it is, if the upload says so
     * @param group images that must stay in one split, if the upload says so
     * @param duplicateOf the path of an entry with the same bytes that came first; a duplicate is never used for training
     */
    public record Entry(
            String path,
            String sha256,
            long sizeBytes,
            String label,
            Split split,
            @Nullable String subject,
            @Nullable String group,
            @Nullable String duplicateOf) {}

    /** One file that is no usable image. */
    public record Rejected(String path, ErrorCode code, String reason) {}

    public Manifest {
        classes = List.copyOf(classes);
        entries = List.copyOf(entries);
        rejected = List.copyOf(rejected);
    }

    /** The entries of a split, duplicates left out, in the manifest's order. */
    @JsonIgnore
    public List<Entry> of(Split split) {
        List<Entry> chosen = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.split() == split && entry.duplicateOf() == null) {
                chosen.add(entry);
            }
        }
        return chosen;
    }
}
