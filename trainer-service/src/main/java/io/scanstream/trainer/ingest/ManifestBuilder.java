package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.trainer.data.NearDuplicates;
import io.scanstream.trainer.data.StableSplit;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * From files to a manifest: in which {@link Layout} they lie, what class and split each has, which repeat others, which
 * belong together. Without a test split a fifth of the images becomes it, by a stable hash of group, subject or content;
 * validation images are the recipe's matter where there are none. CSV files with a column for the image add subjects, groups
 * and further columns; a {@code groups.csv} ({@code file,group}) says which images belong together.
 */
final class ManifestBuilder {
    /** The file that says which images belong together. */
    static final String GROUPS = "groups.csv";

    private static final Layout CLASS_FOLDERS = new ClassFolders();
    private static final Layout LABEL_TABLE = new LabelTable();
    private static final Layout MASK_PAIRS = new MaskPairs();
    private static final Layout ARRAY_FILES = new ArrayFiles();
    private static final List<Layout> LAYOUTS = List.of(CLASS_FOLDERS, LABEL_TABLE, MASK_PAIRS, ARRAY_FILES);
    static final double TEST_SHARE = 0.2;
    static final String TEST_SALT = "test";
    private static final int FEWEST_CLASSES = 2;

    private final List<Found> images = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<Manifest.Rejected> rejected = new ArrayList<>();

    /** Whether a path is nobody's data: hidden as on Unix, or what macOS and Windows add to archives and folders. */
    static boolean isHidden(String path) {
        for (String part : path.split("/", -1)) {
            boolean desktop = part.equals("__MACOSX")
                    || part.equalsIgnoreCase("Thumbs.db")
                    || part.equalsIgnoreCase("desktop.ini");
            if (desktop || part.startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    /** Adds an image that was decoded. */
    void image(Found image) {
        images.add(image);
    }

    /**
     * Adds a CSV file.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if it cannot be read, or is {@link #GROUPS} with other columns
     */
    void table(String path, byte[] csv) {
        Table table = Table.read(path, csv);
        if (table.fileName().equals(GROUPS)
                && (table.column(Table.Role.IMAGE).isEmpty()
                        || table.column(Table.Role.GROUP).isEmpty())) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    GROUPS + ": its first line is '" + String.join(",", table.columns()) + "', not 'file,group'.");
        }
        tables.add(table);
    }

    /** Adds a file that is no usable image. */
    void reject(String path, ErrorCode code, String reason) {
        rejected.add(new Manifest.Rejected(path, code, reason));
    }

    int rejections() {
        return rejected.size();
    }

    /**
     * Decides on everything.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if the files lie in no known layout or in two, or if there are fewer
     *     than two classes
     */
    Manifest build(DatasetVersion dataset, Instant now) {
        Layout.Upload upload = new Layout.Upload(List.copyOf(images), List.copyOf(tables), sharedFolders());
        Layout.Reading reading = reading(upload);
        rejected.addAll(reading.rejected());
        List<Manifest.Entry> entries = withDetails(upload, reading.entries());
        return manifest(dataset, withTestSplit(settled(entries)), reading.maskClasses(), reading.maskValues(), now);
    }

    /**
     * The next version of a data set, by the same rules, but images stay in the split that they have.
     *
     * @param entries of the version before, more or fewer
     * @throws ScanstreamException {@code INVALID_DATASET} if fewer than two classes are left
     */
    static Manifest amended(Manifest base, List<Manifest.Entry> entries, DatasetVersion dataset, Instant now) {
        ManifestBuilder builder = new ManifestBuilder();
        builder.rejected.addAll(base.rejected());
        boolean masks = !base.maskValues().isEmpty();
        return builder.manifest(
                dataset, builder.settled(entries), masks ? base.classes() : List.of(), base.maskValues(), now);
    }

    private List<Manifest.Entry> settled(List<Manifest.Entry> entries) {
        return withoutTornGroups(withoutRepeats(withoutContradictions(entries)));
    }

    private Manifest manifest(
            DatasetVersion dataset,
            List<Manifest.Entry> settled,
            List<String> maskClasses,
            List<Integer> maskValues,
            Instant now) {
        List<Manifest.Entry> entries = new ArrayList<>(settled);
        entries.sort(Comparator.comparing(Manifest.Entry::path));
        rejected.sort(Comparator.comparing(Manifest.Rejected::path));
        List<String> classes = maskValues.isEmpty() ? labels(entries) : maskClasses;
        if (classes.size() < FEWEST_CLASSES || entries.isEmpty()) {
            throw tooFewClasses(classes, entries.size());
        }
        return new Manifest(dataset, classes, maskValues, entries, rejected, NearDuplicates.find(entries), now);
    }

    private static List<String> labels(List<Manifest.Entry> entries) {
        Set<String> labels = new TreeSet<>(Manifest.CLASS_ORDER);
        for (Manifest.Entry entry : entries) {
            if (entry.label() != null) {
                labels.add(entry.label());
            }
        }
        return List.copyOf(labels);
    }

    private ScanstreamException tooFewClasses(List<String> classes, int usable) {
        return new ScanstreamException(
                ErrorCode.INVALID_DATASET,
                "the data has images of " + (classes.isEmpty() ? "no class" : "one class only, " + classes)
                        + ". Two or more are needed, as "
                        + LAYOUTS.stream().map(Layout::name).collect(Collectors.joining("; or as ")) + ". Images: "
                        + usable + ", rejected files: " + rejected.size()
                        + (rejected.isEmpty()
                                ? "."
                                : ", the first: '" + rejected.get(0).path() + "', "
                                        + rejected.get(0).reason()));
    }

    /** What the one layout that fits says; of two that fit, the one that explains the other. */
    private Layout.Reading reading(Layout.Upload upload) {
        Map<Layout, Layout.Reading> fitting = new LinkedHashMap<>();
        for (Layout layout : LAYOUTS) {
            layout.read(upload).ifPresent(found -> fitting.put(layout, found));
        }
        Layout.Reading folders = fitting.get(CLASS_FOLDERS);
        Layout.Reading table = fitting.get(LABEL_TABLE);
        Layout.Reading masks = fitting.get(MASK_PAIRS);
        if (folders != null && fitting.size() > 1) {
            boolean oneClass = labels(folders.entries()).size() < FEWEST_CLASSES;
            boolean tableNamesAll = table != null && unnamed(table) == 0;
            boolean maskFolders = masks != null
                    && masks.entries().stream().allMatch(entry -> MaskPairs.isInImageFolder(entry.path()));
            if (oneClass || tableNamesAll || maskFolders) {
                fitting.remove(CLASS_FOLDERS);
            }
        }
        if (fitting.size() > 1) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the data can be read in two ways, as "
                            + fitting.keySet().stream().map(Layout::name).collect(Collectors.joining(" and as "))
                            + ". Leave one of them out"
                            + (table == null ? "." : ", or name every image in the CSV file."));
        }
        return fitting.isEmpty()
                ? nothingFits(upload)
                : fitting.values().iterator().next();
    }

    /** Labelled images that a table leaves out. */
    private static long unnamed(Layout.Reading table) {
        return table.rejected().stream()
                .filter(rejection -> rejection.reason().startsWith(LabelTable.UNNAMED))
                .count();
    }

    /** Goes on with no entries, so that what was found and rejected is told together. */
    private Layout.Reading nothingFits(Layout.Upload upload) {
        Layout.Reading none = new Layout.Reading();
        upload.images().forEach(image -> none.reject(image.path(), "it is in no class folder"));
        return none;
    }

    /** Subjects, groups and further columns of tables that give no labels; tables that say nothing are listed. */
    private List<Manifest.Entry> withDetails(Layout.Upload upload, List<Manifest.Entry> entries) {
        Map<String, LabelTable.Details> byPath = new HashMap<>();
        LabelTable.ImageIndex index = new LabelTable.ImageIndex(upload);
        for (Table table : tables) {
            Optional<String> column = table.column(Table.Role.IMAGE);
            if (table.labelsImages() || table.fileName().equalsIgnoreCase(MaskPairs.CLASSES)) {
                continue;
            }
            if (table.isSubmission() || column.isEmpty()) {
                reject(
                        table.path(),
                        ErrorCode.INVALID_DATASET,
                        table.isSubmission()
                                ? "the labels of a submission are made up; it is passed over"
                                : "it has no column for the image (" + String.join(",", table.columns()) + ")");
                continue;
            }
            for (Map<String, String> row : table.rows()) {
                LabelTable.Details details = LabelTable.Details.of(table, row);
                index.find(row.getOrDefault(column.get(), ""))
                        .forEach(image -> byPath.merge(image.path(), details, LabelTable.Details::and));
            }
        }
        List<Manifest.Entry> detailed = new ArrayList<>();
        for (Manifest.Entry entry : entries) {
            LabelTable.Details details = byPath.get(entry.path());
            detailed.add(details == null ? entry : details.on(entry));
        }
        return detailed;
    }

    /** The folders that every image lies below and that are neither split nor class, ending in '/', or nothing. */
    private String sharedFolders() {
        List<String> paths = images.stream()
                .filter(image -> image.told() == null)
                .map(Found::path)
                .toList();
        String shared = "";
        while (!paths.isEmpty()) {
            String first = paths.get(0).substring(shared.length());
            int slash = first.indexOf('/');
            if (slash < 0 || Layout.split(first.substring(0, slash)).isPresent()) {
                return shared;
            }
            String longer = shared + first.substring(0, slash + 1);
            int from = longer.length();
            if (!paths.stream().allMatch(path -> path.startsWith(longer) && path.indexOf('/', from) > 0)) {
                return shared;
            }
            shared = longer;
        }
        return shared;
    }

    /** Equal bytes under two classes: nobody can say which is right, and either would teach or measure a wrong one. */
    private List<Manifest.Entry> withoutContradictions(List<Manifest.Entry> entries) {
        Map<String, Set<String>> labels = new HashMap<>();
        for (Manifest.Entry entry : entries) {
            if (entry.label() != null) {
                labels.computeIfAbsent(entry.sha256(), sha256 -> new TreeSet<>())
                        .add(entry.label());
            }
        }
        return kept(entries, entry -> {
            Set<String> given = labels.getOrDefault(entry.sha256(), Set.of());
            return entry.label() == null || given.size() == 1
                    ? null
                    : "the same bytes are there under several classes, " + given;
        });
    }

    /**
     * The test split keeps its images, so that training never sees them; within a split the first path is the one. Unlabelled
     * images are asked about one by one, whatever else they are.
     */
    private static List<Manifest.Entry> withoutRepeats(List<Manifest.Entry> entries) {
        Map<String, String> first = new HashMap<>();
        entries.stream()
                .filter(entry -> entry.split() != Split.UNLABELLED)
                .sorted(Comparator.comparing(Manifest.Entry::split).reversed().thenComparing(Manifest.Entry::path))
                .forEach(entry -> first.putIfAbsent(entry.sha256(), entry.path()));
        List<Manifest.Entry> marked = new ArrayList<>();
        for (Manifest.Entry entry : entries) {
            String original = first.get(entry.sha256());
            boolean repeats = entry.split() != Split.UNLABELLED && original != null && !original.equals(entry.path());
            marked.add(entry.repeating(repeats ? original : null));
        }
        return marked;
    }

    /** Where folders tear a group or a subject apart, the later split keeps it: test before validation before training. */
    private List<Manifest.Entry> withoutTornGroups(List<Manifest.Entry> entries) {
        return withoutTorn("subject", Manifest.Entry::subject, withoutTorn("group", Manifest.Entry::group, entries));
    }

    private List<Manifest.Entry> withoutTorn(
            String kind, Function<Manifest.Entry, @Nullable String> name, List<Manifest.Entry> entries) {
        Map<String, Split> splits = new HashMap<>();
        for (Manifest.Entry entry : entries) {
            String named = name.apply(entry);
            if (named != null && entry.split() != Split.UNLABELLED) {
                splits.merge(named, entry.split(), (a, b) -> a.compareTo(b) > 0 ? a : b);
            }
        }
        return kept(entries, entry -> {
            String named = name.apply(entry);
            Split split = named == null ? null : splits.get(named);
            return split == null || split == entry.split() || entry.split() == Split.UNLABELLED
                    ? null
                    : "its " + kind + " '" + named + "' is also in the "
                            + split.name().toLowerCase(Locale.ROOT) + " split";
        });
    }

    private List<Manifest.Entry> kept(List<Manifest.Entry> entries, Function<Manifest.Entry, @Nullable String> reason) {
        List<Manifest.Entry> kept = new ArrayList<>();
        for (Manifest.Entry entry : entries) {
            String against = reason.apply(entry);
            if (against == null) {
                kept.add(entry);
            } else {
                reject(entry.path(), ErrorCode.INVALID_DATASET, against);
            }
        }
        return kept;
    }

    private static List<Manifest.Entry> withTestSplit(List<Manifest.Entry> entries) {
        List<Manifest.Entry> result = new ArrayList<>(entries);
        if (entries.stream().anyMatch(entry -> entry.split() == Split.TEST)) {
            return result;
        }
        Set<Manifest.Entry> chosen = StableSplit.choose(
                entries.stream()
                        .filter(entry -> entry.split() == Split.TRAIN && entry.duplicateOf() == null)
                        .toList(),
                TEST_SHARE,
                TEST_SALT);
        result.replaceAll(entry -> chosen.contains(entry) ? entry.in(Split.TEST) : entry);
        return result;
    }
}
