package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** One way in which data sets lie: reads an upload's files as entries, if they lie so. */
interface Layout {
    /** What split a folder's name means. */
    Map<String, Split> SPLITS = Map.ofEntries(
            Map.entry("train", Split.TRAIN),
            Map.entry("training", Split.TRAIN),
            Map.entry("val", Split.VALIDATION),
            Map.entry("valid", Split.VALIDATION),
            Map.entry("validation", Split.VALIDATION),
            Map.entry("test", Split.TEST),
            Map.entry("testing", Split.TEST),
            Map.entry("t10k", Split.TEST),
            Map.entry("unlabelled", Split.UNLABELLED),
            Map.entry("unlabeled", Split.UNLABELLED));

    static Optional<Split> split(String name) {
        return Optional.ofNullable(SPLITS.get(name.toLowerCase(Locale.ROOT)));
    }

    /** For people, as a plural: "class folders". */
    String name();

    /** What the files are in this layout; empty: they do not lie so. */
    Optional<Reading> read(Upload upload);

    /**
     * An upload's files.
     *
     * @param shared the folders that all images lie below and that are neither split nor class, ending in '/', or nothing
     */
    record Upload(List<Found> images, List<Table> tables, String shared) {
        /** A path without the folders that all share. */
        String inner(String path) {
            return path.startsWith(shared) ? path.substring(shared.length()) : path;
        }
    }

    /** What a layout makes of an upload. Filled by one layout, for one thread. */
    final class Reading {
        private final List<Manifest.Entry> entries = new ArrayList<>();
        private final List<Manifest.Rejected> rejected = new ArrayList<>();
        private List<String> maskClasses = List.of();
        private List<Integer> maskValues = List.of();

        void add(Manifest.Entry entry) {
            entries.add(entry);
        }

        void reject(String path, String reason) {
            rejected.add(new Manifest.Rejected(path, ErrorCode.INVALID_DATASET, reason));
        }

        void masks(List<String> classes, List<Integer> values) {
            maskClasses = List.copyOf(classes);
            maskValues = List.copyOf(values);
        }

        List<Manifest.Entry> entries() {
            return entries;
        }

        List<Manifest.Rejected> rejected() {
            return rejected;
        }

        /** Names of the masks' values; empty where images have labels. */
        List<String> maskClasses() {
            return maskClasses;
        }

        List<Integer> maskValues() {
            return maskValues;
        }
    }
}
