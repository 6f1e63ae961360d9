package io.scanstream.trainer.ingest;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Images with masks: {@code images/…} and {@code masks/…} with the same names (or with {@code _mask}, {@code _segmentation} at
 * their end), or both in one folder, told apart by that end. Below or above of it may be a split's folder. A mask is grey, of
 * its image's size; its values are the classes: {@code classes.csv} ({@code value,name}) names them, else two values are
 * {@code background} and {@code foreground}, and more are named by their numbers.
 */
final class MaskPairs implements Layout {
    /** The file that names the values of masks. */
    static final String CLASSES = "classes.csv";

    private static final Set<String> IMAGE_FOLDERS = Set.of("image", "images", "img", "imgs");
    private static final Set<String> MASK_FOLDERS =
            Set.of("mask", "masks", "segmentation", "segmentations", "annotations", "groundtruth", "ground_truth");
    private static final List<String> MASK_ENDS = List.of("_mask", "-mask", "_segmentation", "_seg", "_gt");
    /** More are no classes but the grey of smoothed or lossy edges. */
    private static final int MOST_CLASSES = 64;

    @Override
    public String name() {
        return "images with masks (images/… and masks/…, or …_mask.png beside its image)";
    }

    @Override
    public Optional<Reading> read(Upload upload) {
        Map<String, Found> masks = new HashMap<>();
        List<Found> images = new ArrayList<>();
        Reading reading = new Reading();
        for (Found file : upload.images()) {
            if (file.told() != null) {
                continue;
            }
            if (!isMask(file.path())) {
                images.add(file);
            } else if (masks.putIfAbsent(key(file.path()), file) != null) {
                reading.reject(file.path(), "it is a second mask of its image");
            }
        }
        Set<String> paired = new HashSet<>();
        BitSet values = new BitSet(256);
        for (Found image : images) {
            Found mask = masks.get(key(image.path()));
            if (mask != null && !paired.contains(mask.path())) {
                paired.add(mask.path());
                pair(upload, image, mask, values, reading);
            } else {
                reading.reject(image.path(), "it has no mask");
            }
        }
        if (paired.isEmpty()) {
            return Optional.empty();
        }
        masks.values().stream()
                .filter(mask -> !paired.contains(mask.path()))
                .forEach(mask -> reading.reject(mask.path(), "it is a mask without an image"));
        name(upload, values, reading);
        return Optional.of(reading);
    }

    private static void pair(Upload upload, Found image, Found mask, BitSet values, Reading reading) {
        if (mask.greyValues() == null) {
            reading.reject(
                    image.path(), "its mask " + mask.path() + " is in colour; a mask is grey, one value a class");
            return;
        }
        if (mask.widthPx() != image.widthPx() || mask.heightPx() != image.heightPx()) {
            reading.reject(
                    image.path(),
                    "its mask is " + mask.widthPx() + "x" + mask.heightPx() + " pixels, the image " + image.widthPx()
                            + "x" + image.heightPx());
            return;
        }
        values.or(mask.greyValues().set());
        reading.add(new Manifest.Entry(
                image.path(),
                image.sha256(),
                image.sizeBytes(),
                null,
                split(upload, image.path()),
                null,
                null,
                null,
                new Manifest.Mask(mask.path(), mask.sha256()),
                image.likeness(),
                Map.of()));
    }

    private static Split split(Upload upload, String path) {
        String[] parts = upload.inner(path).split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            Optional<Split> named = Layout.split(parts[i]);
            if (named.isPresent()) {
                return named.get();
            }
        }
        return Split.TRAIN;
    }

    private static void name(Upload upload, BitSet found, Reading reading) {
        List<Integer> values = found.stream().boxed().toList();
        if (values.size() > MOST_CLASSES) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_DATASET,
                    "the masks have " + values.size() + " different values, more than " + MOST_CLASSES
                            + " classes. A mask has one value for each class: save masks as PNG, without smoothed edges.");
        }
        Map<Integer, String> given = given(upload);
        List<String> names = new ArrayList<>();
        for (int value : values) {
            boolean two = values.size() == 2 && given.isEmpty();
            String plain = two ? (value == values.get(0) ? "background" : "foreground") : Integer.toString(value);
            names.add(given.getOrDefault(value, plain));
        }
        reading.masks(names, values);
    }

    private static Map<Integer, String> given(Upload upload) {
        Map<Integer, String> names = new HashMap<>();
        for (Table table : upload.tables()) {
            @Nullable String valueColumn = table.column(Table.Role.VALUE).orElse(null);
            if (!table.fileName().equalsIgnoreCase(CLASSES) || valueColumn == null) {
                continue;
            }
            for (Map<String, String> row : table.rows()) {
                String value = row.getOrDefault(valueColumn, "");
                if (!value.matches("\\d{1,3}")) {
                    throw new ScanstreamException(
                            ErrorCode.INVALID_DATASET,
                            table.path() + ": '" + value + "' is no grey value. Expected value,name with 0 to 255.");
                }
                names.put(Integer.valueOf(value), row.getOrDefault("name", value));
            }
        }
        return names;
    }

    /** Whether a file lies or is named as masks are. */
    static boolean isMask(String path) {
        String[] parts = path.toLowerCase(Locale.ROOT).split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            if (MASK_FOLDERS.contains(parts[i])) {
                return true;
            }
        }
        String stem = Found.stemOf(parts[parts.length - 1]);
        return MASK_ENDS.stream().anyMatch(stem::endsWith);
    }

    /** Whether a file lies in a folder that is named for images, which is no class. */
    static boolean isInImageFolder(String path) {
        String[] parts = path.toLowerCase(Locale.ROOT).split("/", -1);
        for (int i = 0; i < parts.length - 1; i++) {
            if (IMAGE_FOLDERS.contains(parts[i])) {
                return true;
            }
        }
        return false;
    }

    /** What an image and its mask have in common. */
    private static String key(String path) {
        String[] parts = path.toLowerCase(Locale.ROOT).split("/", -1);
        StringBuilder key = new StringBuilder();
        for (int i = 0; i < parts.length - 1; i++) {
            if (!IMAGE_FOLDERS.contains(parts[i]) && !MASK_FOLDERS.contains(parts[i])) {
                key.append(parts[i]).append('/');
            }
        }
        String stem = Found.stemOf(parts[parts.length - 1]);
        for (String end : MASK_ENDS) {
            if (stem.endsWith(end)) {
                stem = stem.substring(0, stem.length() - end.length());
                break;
            }
        }
        return key.append(stem).toString();
    }
}
