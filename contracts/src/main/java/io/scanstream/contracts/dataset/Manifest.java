package io.scanstream.contracts.dataset;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.model.Task;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a data set version holds, {@code datasets/<name>/<version>/manifest.json}. Written once, when the upload has been
 * read to its end.
 *
 * @param classes the labels, in {@link #CLASS_ORDER}; of masks, the names of their values in the values' order. A model's
 *     class order
 * @param maskValues what the pixels of masks may be, 0 to 255, ascending, one for each of {@code classes}; empty where
 *     images have labels
 * @param entries every image that can be used, sorted by path
 * @param rejected every file that cannot, with the reason
 * @param nearDuplicates images that look like one of a later split, see {@link Likeness}
 */
public record Manifest(
        DatasetVersion dataset,
        List<String> classes,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Integer> maskValues,
        List<Entry> entries,
        List<Rejected> rejected,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<NearDuplicate> nearDuplicates,
        Instant createdAt) {

    /** Whole numbers by their value, before names by the alphabet. */
    public static final Comparator<String> CLASS_ORDER = Comparator.comparing(
                    (String name) -> name.matches("-?\\d{1,9}") ? 0 : 1)
            .thenComparing(name -> name.matches("-?\\d{1,9}") ? Integer.parseInt(name) : 0)
            .thenComparing(Comparator.naturalOrder());

    /**
     * One image.
     *
     * @param path in the upload, with '/' between folders
     * @param sha256 of the bytes, in hex; the image is the object {@code blobs/<sha256>}
     * @param label its class; absent where it has a mask, or where the upload does not tell
     * @param subject whose scan it is, if the upload says so
     * @param group images that must stay in one split, if the upload says so
     * @param duplicateOf the path of an entry with the same bytes that came first; a duplicate is never used for training
     * @param mask the class of each of its pixels, if the upload has them
     * @param likeness what it looks like, for the search for near-duplicates
     * @param columns what else the upload's table says of it, by the table's column
     */
    public record Entry(
            String path,
            String sha256,
            long sizeBytes,
            @Nullable String label,
            Split split,
            @Nullable String subject,
            @Nullable String group,
            @Nullable String duplicateOf,
            @Nullable Mask mask,
            @Nullable Likeness likeness,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> columns) {

        public Entry {
            columns = columns == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        }

        /** An image with a label. */
        public Entry(
                String path,
                String sha256,
                long sizeBytes,
                String label,
                Split split,
                @Nullable String subject,
                @Nullable String group,
                @Nullable String duplicateOf) {
            this(path, sha256, sizeBytes, label, split, subject, group, duplicateOf, null, null, Map.of());
        }

        /** The same image in another split. */
        public Entry in(Split other) {
            return new Entry(
                    path, sha256, sizeBytes, label, other, subject, group, duplicateOf, mask, likeness, columns);
        }

        /**
         * The same image as one whose bytes another has.
         *
         * @param original its path; absent for an image that is the first with its bytes
         */
        public Entry repeating(@Nullable String original) {
            return new Entry(path, sha256, sizeBytes, label, split, subject, group, original, mask, likeness, columns);
        }

        /** The label of an image that is known to have one. */
        public String requireLabel() {
            if (label == null) {
                throw new IllegalStateException("the image '" + path + "' has no label");
            }
            return label;
        }
    }

    /**
     * A mask: a grey image of its image's size, whose values are among {@link Manifest#maskValues}.
     *
     * @param path in the upload
     * @param sha256 of the bytes, in hex; the mask is the object {@code blobs/<sha256>}
     */
    public record Mask(String path, String sha256) {}

    /** One file that is no usable image. */
    public record Rejected(String path, ErrorCode code, String reason) {}

    /**
     * An image that looks like one of a later split: of validation or test for training, of test for validation.
     *
     * @param near the path of the nearest of those
     * @param bits in which their likenesses differ, of 144
     */
    public record NearDuplicate(String path, String near, int bits) {}

    public Manifest {
        classes = List.copyOf(classes);
        // Manifests from before there were masks do not have the field.
        maskValues = maskValues == null ? List.of() : List.copyOf(maskValues);
        entries = List.copyOf(entries);
        rejected = List.copyOf(rejected);
        nearDuplicates = nearDuplicates == null ? List.of() : List.copyOf(nearDuplicates);
    }

    /** A data set of labelled images. */
    public Manifest(
            DatasetVersion dataset,
            List<String> classes,
            List<Entry> entries,
            List<Rejected> rejected,
            Instant createdAt) {
        this(dataset, classes, List.of(), entries, rejected, List.of(), createdAt);
    }

    /**
     * This manifest without some entries. Of images whose first with the same bytes is among them, the next becomes the first.
     *
     * @param positions in {@link #entries}, from 0
     */
    public Manifest without(Set<Integer> positions) {
        Set<String> gone = new HashSet<>();
        for (int position : positions) {
            gone.add(entries.get(position).path());
        }
        Map<String, String> firsts = new HashMap<>();
        List<Entry> left = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            if (positions.contains(i)) {
                continue;
            }
            if (entry.duplicateOf() != null && gone.contains(entry.duplicateOf())) {
                left.add(entry.repeating(firsts.get(entry.sha256())));
                firsts.putIfAbsent(entry.sha256(), entry.path());
            } else {
                left.add(entry);
            }
        }
        return new Manifest(
                dataset,
                classes,
                maskValues,
                left,
                rejected,
                nearDuplicates.stream()
                        .filter(pair -> !gone.contains(pair.path()) && !gone.contains(pair.near()))
                        .toList(),
                createdAt);
    }

    /** What a model of this data set answers. */
    @JsonIgnore
    public Task task() {
        return maskValues.isEmpty() ? Task.CLASSIFICATION : Task.SEGMENTATION;
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
