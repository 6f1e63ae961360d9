package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Split;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Images of one split in an array, with their labels.
 *
 * @param labels absent for images of the test split that nobody has labelled
 */
record ImageSeries(NumberArray images, @Nullable NumberArray labels, Split split) {

    /**
     * Finds what belongs together: arrays of one npz, or files of one folder, whose names speak of the same split.
     *
     * @param rejecter takes path and reason of what has no partner
     */
    static List<ImageSeries> pair(List<NumberArray> arrays, BiConsumer<String, String> rejecter) {
        Map<String, NumberArray> images = new TreeMap<>();
        Map<String, NumberArray> labels = new TreeMap<>();
        for (NumberArray array : arrays) {
            if (!array.areImages() && !array.areLabels()) {
                rejecter.accept(
                        place(array),
                        "its shape " + Arrays.toString(array.shape())
                                + " is neither that of grey or RGB images in bytes nor that of one label each");
            } else if ((array.areImages() ? images : labels).putIfAbsent(key(array), array) != null) {
                rejecter.accept(place(array), "there is another such array for its split");
            }
        }
        List<ImageSeries> series = new ArrayList<>();
        images.forEach((key, found) -> {
            NumberArray told = labels.remove(key);
            Split split = splitOf(found.name()).orElse(Split.TRAIN);
            if (told != null && told.count() != found.count()) {
                rejecter.accept(
                        place(found),
                        "it has " + found.count() + " images, " + place(told) + " has " + told.count() + " labels");
            } else if (told == null && split != Split.TEST && split != Split.UNLABELLED) {
                rejecter.accept(place(found), "there are no labels for its images");
            } else {
                series.add(new ImageSeries(found, told, told == null ? Split.UNLABELLED : split));
            }
        });
        labels.values().forEach(alone -> rejecter.accept(place(alone), "there are no images for its labels"));
        return series;
    }

    /** File or folder, and split: what images and labels that belong together have in common. */
    private static String key(NumberArray array) {
        boolean packed = array.path().toLowerCase(Locale.ROOT).endsWith(".npz");
        int slash = array.path().lastIndexOf('/');
        String folder = slash < 0 ? "" : array.path().substring(0, slash);
        return (packed ? array.path() : folder) + "|" + splitOf(array.name());
    }

    private static Optional<Split> splitOf(String name) {
        for (String part : name.split("[^A-Za-z0-9]+", -1)) {
            Optional<Split> named = Layout.split(part);
            if (named.isPresent()) {
                return named;
            }
        }
        return Optional.empty();
    }

    private static String place(NumberArray array) {
        return array.path().endsWith(array.name()) ? array.path() : array.path() + "/" + array.name();
    }

    /** Where an image stands, as a path below the file's. */
    String path(int index) {
        return place(images) + "/" + String.format(Locale.ROOT, "%06d", index) + ".png";
    }

    Found.Told told(int index) {
        return new Found.Told(split, labels == null ? null : labels.label(index));
    }
}
