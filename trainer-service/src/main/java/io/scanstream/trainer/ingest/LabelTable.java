package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A CSV file with a column for the image (its path, name, or name without ending) and one for the label; perhaps with columns
 * for subject, group and split. The split is the column's, else that of the folder or of the file's name ({@code
 * train_labels.csv}), else training. Images in a test folder that no row names are unlabelled.
 */
final class LabelTable implements Layout {
    /** How the reason begins for an image that no row names. */
    static final String UNNAMED = "no row of ";

    @Override
    public String name() {
        return "a CSV file with a column for the image and one for the label (id,label)";
    }

    @Override
    public Optional<Reading> read(Upload upload) {
        List<Table> tables =
                upload.tables().stream().filter(Table::labelsImages).toList();
        if (tables.isEmpty()) {
            return Optional.empty();
        }
        Reading reading = new Reading();
        ImageIndex index = new ImageIndex(upload);
        Set<String> used = new HashSet<>();
        for (Table table : tables) {
            for (int row = 0; row < table.rows().size(); row++) {
                read(upload, table, row, index, used, reading);
            }
        }
        if (reading.entries().isEmpty()) {
            return Optional.empty();
        }
        rest(upload, tables, used, reading);
        return Optional.of(reading);
    }

    private static void read(
            Upload upload, Table table, int number, ImageIndex index, Set<String> used, Reading reading) {
        Map<String, String> row = table.rows().get(number);
        String named = row.getOrDefault(table.column(Table.Role.IMAGE).orElseThrow(), "");
        String where = table.path() + ", row " + (number + 2);
        List<Found> candidates = index.find(named);
        Optional<Split> ofTable = splitOfName(table.fileName());
        if (candidates.size() > 1 && ofTable.isPresent()) {
            candidates = candidates.stream()
                    .filter(image -> folderSplit(upload, image).equals(ofTable))
                    .toList();
        }
        if (candidates.size() != 1) {
            reading.reject(
                    where,
                    candidates.isEmpty()
                            ? "there is no image '" + named + "'"
                            : "'" + named + "' may be any of " + candidates.size() + " images; give the path");
            return;
        }
        Found image = candidates.get(0);
        if (!used.add(image.path())) {
            reading.reject(where, "'" + named + "' was named before");
            return;
        }
        String label = row.getOrDefault(table.column(Table.Role.LABEL).orElseThrow(), "");
        Split split = split(table, row)
                .or(() -> folderSplit(upload, image))
                .or(() -> ofTable)
                .orElse(Split.TRAIN);
        Details details = Details.of(table, row);
        reading.add(details.on(new Manifest.Entry(
                image.path(),
                image.sha256(),
                image.sizeBytes(),
                label.isEmpty() ? null : label,
                label.isEmpty() ? Split.UNLABELLED : split,
                null,
                null,
                null,
                null,
                image.likeness(),
                Map.of())));
    }

    private static void rest(Upload upload, List<Table> tables, Set<String> used, Reading reading) {
        for (Found image : upload.images()) {
            if (used.contains(image.path())) {
                continue;
            }
            Split folder = folderSplit(upload, image).orElse(null);
            if (folder == Split.TEST || folder == Split.UNLABELLED) {
                reading.add(new Manifest.Entry(
                        image.path(),
                        image.sha256(),
                        image.sizeBytes(),
                        null,
                        Split.UNLABELLED,
                        null,
                        null,
                        null,
                        null,
                        image.likeness(),
                        Map.of()));
            } else {
                reading.reject(image.path(), UNNAMED + tables.get(0).path() + " names it");
            }
        }
    }

    private static Optional<Split> split(Table table, Map<String, String> row) {
        return table.column(Table.Role.SPLIT).flatMap(column -> Layout.split(row.getOrDefault(column, "")));
    }

    private static Optional<Split> folderSplit(Upload upload, Found image) {
        String[] parts = upload.inner(image.path()).split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            Optional<Split> named = Layout.split(parts[i]);
            if (named.isPresent()) {
                return named;
            }
        }
        return Optional.empty();
    }

    private static Optional<Split> splitOfName(String fileName) {
        for (String part : fileName.split("[^A-Za-z0-9]+", -1)) {
            Optional<Split> named = Layout.split(part);
            if (named.isPresent()) {
                return named;
            }
        }
        return Optional.empty();
    }

    /**
     * What a row says of an image besides its label.
     *
     * @param columns those that have no meaning here
     */
    record Details(@Nullable String subject, @Nullable String group, Map<String, String> columns) {
        static Details of(Table table, Map<String, String> row) {
            Map<String, String> others = new LinkedHashMap<>(row);
            for (Table.Role role : List.of(
                    Table.Role.IMAGE, Table.Role.LABEL, Table.Role.SPLIT, Table.Role.SUBJECT, Table.Role.GROUP)) {
                table.column(role).ifPresent(others::remove);
            }
            others.values().removeIf(String::isEmpty);
            return new Details(cell(table, row, Table.Role.SUBJECT), cell(table, row, Table.Role.GROUP), others);
        }

        private static @Nullable String cell(Table table, Map<String, String> row, Table.Role role) {
            String cell = table.column(role).map(row::get).orElse("");
            return cell.isEmpty() ? null : cell;
        }

        /** This and what another table says; of two groups the first stands. */
        Details and(Details other) {
            Map<String, String> both = new LinkedHashMap<>(columns);
            both.putAll(other.columns);
            return new Details(subject == null ? other.subject : subject, group == null ? other.group : group, both);
        }

        Manifest.Entry on(Manifest.Entry entry) {
            return new Manifest.Entry(
                    entry.path(),
                    entry.sha256(),
                    entry.sizeBytes(),
                    entry.label(),
                    entry.split(),
                    subject == null ? entry.subject() : subject,
                    group == null ? entry.group() : group,
                    entry.duplicateOf(),
                    entry.mask(),
                    entry.likeness(),
                    entry.columns().isEmpty() ? columns : and(entry.columns()));
        }

        private Map<String, String> and(Map<String, String> earlier) {
            Map<String, String> both = new LinkedHashMap<>(earlier);
            both.putAll(columns);
            return both;
        }
    }

    /** Finds images by path, by name, or by name without ending. */
    static final class ImageIndex {
        private final Map<String, List<Found>> byName = new HashMap<>();

        ImageIndex(Upload upload) {
            for (Found image : upload.images()) {
                Set<String> names =
                        new HashSet<>(List.of(image.path(), upload.inner(image.path()), image.name(), image.stem()));
                names.forEach(name -> byName.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                        .add(image));
            }
        }

        List<Found> find(String name) {
            String wanted = name.replace('\\', '/').toLowerCase(Locale.ROOT);
            return byName.getOrDefault(wanted, List.of());
        }
    }
}
