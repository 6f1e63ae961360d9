package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads class folders into a manifest: {@code train/<class>/…}, {@code val/<class>/…}, {@code test/<class>/…}, or {@code
 * <class>/…} alone. Every file is decoded once; one that is no image is listed with its reason. Without a test folder a
 * fifth of the images becomes the test split, by a stable hash of group or content. A {@code groups.csv} at the top ({@code
 * file,group}) says which images belong together. Hidden files and folders are passed over.
 */
public final class FolderIngest {
    private static final Map<String, Split> SPLITS = Map.of(
            "train", Split.TRAIN,
            "training", Split.TRAIN,
            "val", Split.VALIDATION,
            "valid", Split.VALIDATION,
            "validation", Split.VALIDATION,
            "test", Split.TEST,
            "testing", Split.TEST);
    private static final String GROUPS = "groups.csv";
    private static final double TEST_SHARE = 0.2;

    /** Hears how many files have been read, now and then. */
    @FunctionalInterface
    public interface Listener {
        void read(int files, int rejected);
    }

    private final Path root;
    private final DatasetVersion dataset;
    private final Listener listener;
    private final ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
    private final Map<String, String> groups = new HashMap<>();

    private FolderIngest(Path root, DatasetVersion dataset, Listener listener) {
        this.root = root;
        this.dataset = dataset;
        this.listener = listener;
    }

    /**
     * Reads a folder, decoding on all cores.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} when there is no such folder, or it holds no usable image
     */
    public static Manifest read(Path root, DatasetVersion dataset, Listener listener) throws IOException {
        if (!Files.isDirectory(root)) {
            throw new ScanstreamException(ErrorCode.INVALID_DATASET, "data: no folder " + root + ".");
        }
        return new FolderIngest(root, dataset, listener).read();
    }

    /** What one file is: an entry or a rejection. */
    private record Outcome(Manifest.@Nullable Entry entry, Manifest.@Nullable Rejected rejected) {}

    private Manifest read() throws IOException {
        readGroups();
        List<String> paths = files();
        List<Manifest.Entry> entries = new ArrayList<>();
        List<Manifest.Rejected> rejected = new ArrayList<>();
        for (Outcome outcome : examine(paths, rejected)) {
            if (outcome.entry() != null) {
                entries.add(outcome.entry());
            }
        }
        if (entries.isEmpty()) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "data: " + root + " has no usable image in class folders (train/<class>/…, test/<class>/… or"
                            + " <class>/…); " + rejected.size() + " files were rejected"
                            + (rejected.isEmpty() ? "." : ", the first: " + rejected.get(0) + "."));
        }
        List<Manifest.Entry> complete = withTestSplit(withoutRepeats(entries));
        Set<String> classes = new TreeSet<>();
        complete.forEach(entry -> classes.add(entry.label()));
        return new Manifest(dataset, List.copyOf(classes), complete, rejected, Instant.now());
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> root.relativize(file).toString().replace('\\', '/'))
                    .filter(path -> Stream.of(path.split("/", -1)).noneMatch(part -> part.startsWith(".")))
                    .filter(path -> !path.equals(GROUPS))
                    .sorted()
                    .toList();
        }
    }

    private List<Outcome> examine(List<String> paths, List<Manifest.Rejected> rejected) {
        ExecutorService workers =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<Outcome>> pending = new ArrayList<>();
            paths.forEach(path -> pending.add(workers.submit(() -> examine(path))));
            List<Outcome> outcomes = new ArrayList<>();
            for (Future<Outcome> future : pending) {
                Outcome outcome = future.get();
                outcomes.add(outcome);
                if (outcome.rejected() != null) {
                    rejected.add(outcome.rejected());
                }
                if (outcomes.size() % 50 == 0 || outcomes.size() == paths.size()) {
                    listener.read(outcomes.size(), rejected.size());
                }
            }
            return outcomes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ScanstreamException(
                    ErrorCode.CANCELLED, "the thread that reads " + root + " was interrupted.", e);
        } catch (ExecutionException e) {
            throw new ScanstreamException(ErrorCode.INTERNAL, "reading " + root + ": " + e.getCause(), e.getCause());
        } finally {
            workers.shutdownNow();
        }
    }

    private Outcome examine(String path) throws IOException {
        String[] parts = path.split("/", -1);
        Split named = parts.length > 2 ? SPLITS.get(parts[0].toLowerCase(Locale.ROOT)) : null;
        if (parts.length < 2 || (parts.length == 2 && SPLITS.containsKey(parts[0].toLowerCase(Locale.ROOT)))) {
            return reject(path, ErrorCode.INVALID_DATASET, "is in no class folder");
        }
        byte[] bytes = Files.readAllBytes(root.resolve(path));
        try {
            decoder.decode(bytes);
        } catch (ScanstreamException e) {
            return reject(path, e.code(), String.valueOf(e.getMessage()));
        }
        Manifest.Entry entry = new Manifest.Entry(
                path,
                Hashes.sha256(bytes),
                bytes.length,
                named == null ? parts[0] : parts[1],
                named == null ? Split.TRAIN : named,
                null,
                groups.get(path),
                null);
        return new Outcome(entry, null);
    }

    private static Outcome reject(String path, ErrorCode code, String reason) {
        return new Outcome(null, new Manifest.Rejected(path, code, reason));
    }

    /** Marks entries whose bytes came before; the test split keeps its images, so training never sees them. */
    private static List<Manifest.Entry> withoutRepeats(List<Manifest.Entry> entries) {
        List<Manifest.Entry> testFirst = entries.stream()
                .sorted(Comparator.comparing((Manifest.Entry entry) -> entry.split() != Split.TEST)
                        .thenComparing(entry -> entry.split() != Split.VALIDATION)
                        .thenComparing(Manifest.Entry::path))
                .toList();
        Map<String, String> firstPaths = new HashMap<>();
        testFirst.forEach(entry -> firstPaths.putIfAbsent(entry.sha256(), entry.path()));
        return entries.stream()
                .map(entry -> {
                    String first = firstPaths.get(entry.sha256());
                    return entry.path().equals(first) ? entry : with(entry, entry.split(), first);
                })
                .toList();
    }

    private static List<Manifest.Entry> withTestSplit(List<Manifest.Entry> entries) {
        if (entries.stream().anyMatch(entry -> entry.split() == Split.TEST)) {
            return entries;
        }
        List<Manifest.Entry> usable = entries.stream()
                .filter(entry -> entry.split() == Split.TRAIN && entry.duplicateOf() == null)
                .toList();
        Set<Manifest.Entry> chosen = StableSplit.choose(usable, TEST_SHARE, "test");
        return entries.stream()
                .map(entry -> chosen.contains(entry) ? with(entry, Split.TEST, entry.duplicateOf()) : entry)
                .toList();
    }

    private static Manifest.Entry with(Manifest.Entry entry, Split split, @Nullable String duplicateOf) {
        return new Manifest.Entry(
                entry.path(),
                entry.sha256(),
                entry.sizeBytes(),
                entry.label(),
                split,
                entry.subject(),
                entry.group(),
                duplicateOf);
    }

    private void readGroups() throws IOException {
        Path file = root.resolve(GROUPS);
        if (!Files.isRegularFile(file)) {
            return;
        }
        List<String> lines = Files.readAllLines(file);
        if (lines.isEmpty() || !lines.get(0).strip().equals("file,group")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET, "data: the first line of " + file + " is not 'file,group'.");
        }
        for (String line : lines.subList(1, lines.size())) {
            int comma = line.lastIndexOf(',');
            if (comma > 0) {
                groups.put(line.substring(0, comma), line.substring(comma + 1).strip());
            }
        }
    }
}
