package io.scanstream.trainer.data;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.DatasetVersion;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * From files to a manifest: what class and split each has, which repeat others, which belong together.
 *
 * <p>Layout: {@code train/<class>/…}, {@code validation/<class>/…} and {@code test/<class>/…}, or {@code <class>/…} alone,
 * each perhaps below folders that all files share. Without a test folder a fifth of the images becomes the test split, by a
 * stable hash of group or content; validation images are the recipe's matter where there is no folder for them. A {@code
 * groups.csv} ({@code file,group}) at the top says which images belong together, by path or by file name.
 */
public final class ManifestBuilder {
    /** The file that says which images belong together. */
    public static final String GROUPS = "groups.csv";

    private static final Map<String, Split> SPLITS = Map.of(
            "train", Split.TRAIN,
            "training", Split.TRAIN,
            "val", Split.VALIDATION,
            "valid", Split.VALIDATION,
            "validation", Split.VALIDATION,
            "test", Split.TEST,
            "testing", Split.TEST);
    private static final double TEST_SHARE = 0.2;
    private static final int FEWEST_CLASSES = 2;

    private final List<Image> images = new ArrayList<>();
    private final List<Manifest.Rejected> rejected = new ArrayList<>();
    private Map<String, String> groups = Map.of();

    private record Image(String path, String sha256, long sizeBytes) {}

    /** Whether a path is nobody's data: hidden as on Unix, or what macOS and Windows add to archives and folders. */
    public static boolean isHidden(String path) {
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

    /** Adds a file that was decoded. */
    public void image(String path, String sha256, long sizeBytes) {
        images.add(new Image(path, sha256, sizeBytes));
    }

    /** Adds a file that is no usable image. */
    public void reject(String path, ErrorCode code, String reason) {
        rejected.add(new Manifest.Rejected(path, code, reason));
    }

    public int rejections() {
        return rejected.size();
    }

    /**
     * Takes the content of {@link #GROUPS}.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if its first line is not {@code file,group}
     */
    public void groups(byte[] csv) {
        List<String> lines = new String(csv, StandardCharsets.UTF_8).lines().toList();
        String head = lines.isEmpty() ? "" : lines.get(0).strip().replace("\uFEFF", "");
        if (!head.equals("file,group")) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET, GROUPS + ": its first line is '" + head + "', not 'file,group'.");
        }
        Map<String, String> read = new HashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int comma = line.lastIndexOf(',');
            if (comma > 0 && !line.substring(comma + 1).isBlank()) {
                read.put(
                        line.substring(0, comma).strip(),
                        line.substring(comma + 1).strip());
            }
        }
        groups = read;
    }

    /**
     * Decides on everything.
     *
     * @throws ScanstreamException {@code INVALID_DATASET} if there are fewer than two classes with images
     */
    public Manifest build(DatasetVersion dataset, Instant now) {
        String shared = sharedFolders();
        List<Manifest.Entry> entries = new ArrayList<>();
        for (Image image : images) {
            entry(image, shared).ifPresent(entries::add);
        }
        entries = withoutContradictions(entries);
        entries = withTestSplit(withoutTornGroups(withoutRepeats(entries)));
        entries.sort(Comparator.comparing(Manifest.Entry::path));
        rejected.sort(Comparator.comparing(Manifest.Rejected::path));
        Set<String> classes = new TreeSet<>();
        entries.forEach(entry -> classes.add(entry.label()));
        if (classes.size() < FEWEST_CLASSES) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the data has images of " + (classes.isEmpty() ? "no class" : "one class only, " + classes)
                            + ". Two or more are needed, as folders train/<class>/…, test/<class>/… or <class>/…. Images: "
                            + entries.size() + ", rejected files: " + rejected.size()
                            + (rejected.isEmpty() ? "." : ", the first: " + rejected.get(0) + "."));
        }
        return new Manifest(dataset, List.copyOf(classes), entries, rejected, now);
    }

    /** The folders that every image lies below and that are neither split nor class, ending in '/', or nothing. */
    private String sharedFolders() {
        String shared = "";
        while (!images.isEmpty()) {
            String first = images.get(0).path().substring(shared.length());
            int slash = first.indexOf('/');
            if (slash < 0 || SPLITS.containsKey(first.substring(0, slash).toLowerCase(Locale.ROOT))) {
                return shared;
            }
            String longer = shared + first.substring(0, slash + 1);
            int from = longer.length();
            boolean everywhere = images.stream()
                    .allMatch(image ->
                            image.path().startsWith(longer) && image.path().indexOf('/', from) > 0);
            if (!everywhere) {
                return shared;
            }
            shared = longer;
        }
        return shared;
    }

    private Optional<Manifest.Entry> entry(Image image, String shared) {
        String[] parts = image.path().substring(shared.length()).split("/", -1);
        Split named = SPLITS.get(parts[0].toLowerCase(Locale.ROOT));
        int label = named == null ? 0 : 1;
        if (parts.length < label + 2) {
            reject(image.path(), ErrorCode.INVALID_DATASET, "it is in no class folder");
            return Optional.empty();
        }
        String name = image.path().substring(image.path().lastIndexOf('/') + 1);
        String group = groups.get(image.path().substring(shared.length()));
        return Optional.of(new Manifest.Entry(
                image.path(),
                image.sha256(),
                image.sizeBytes(),
                // Composed and decomposed letters look alike: macOS writes one, others the other.
                Normalizer.normalize(parts[label], Normalizer.Form.NFC).strip(),
                named == null ? Split.TRAIN : named,
                null,
                group == null ? groups.get(name) : group,
                null));
    }

    /** Equal bytes under two classes: nobody can say which is right, and either would teach or measure a wrong one. */
    private List<Manifest.Entry> withoutContradictions(List<Manifest.Entry> entries) {
        Map<String, Set<String>> labels = new HashMap<>();
        entries.forEach(entry -> labels.computeIfAbsent(entry.sha256(), sha256 -> new TreeSet<>())
                .add(entry.label()));
        return kept(entries, entry -> {
            Set<String> given = labels.getOrDefault(entry.sha256(), Set.of());
            return given.size() == 1 ? null : "the same bytes are there under several classes, " + given;
        });
    }

    /** The test split keeps its images, so that training never sees them; within a split the first path is the one. */
    private static List<Manifest.Entry> withoutRepeats(List<Manifest.Entry> entries) {
        Map<String, String> first = new HashMap<>();
        entries.stream()
                .sorted(Comparator.comparing(Manifest.Entry::split).reversed().thenComparing(Manifest.Entry::path))
                .forEach(entry -> first.putIfAbsent(entry.sha256(), entry.path()));
        List<Manifest.Entry> marked = new ArrayList<>();
        for (Manifest.Entry entry : entries) {
            String original = first.get(entry.sha256());
            marked.add(entry.path().equals(original) ? entry : with(entry, entry.split(), original));
        }
        return marked;
    }

    /** Where folders tear a group apart, the later split keeps it: test before validation before training. */
    private List<Manifest.Entry> withoutTornGroups(List<Manifest.Entry> entries) {
        Map<String, Split> splits = new HashMap<>();
        for (Manifest.Entry entry : entries) {
            if (entry.group() != null) {
                splits.merge(entry.group(), entry.split(), (a, b) -> a.compareTo(b) > 0 ? a : b);
            }
        }
        return kept(entries, entry -> {
            Split split = entry.group() == null ? null : splits.get(entry.group());
            return split == null || split == entry.split()
                    ? null
                    : "its group '" + entry.group() + "' is also in the "
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
                "test");
        result.replaceAll(entry -> chosen.contains(entry) ? with(entry, Split.TEST, null) : entry);
        return result;
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
}
