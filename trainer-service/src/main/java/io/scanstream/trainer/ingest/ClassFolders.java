package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Manifest;
import io.scanstream.contracts.dataset.Split;
import java.text.Normalizer;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code train/<class>/…}, {@code validation/<class>/…} and {@code test/<class>/…}, or {@code <class>/…} alone. Where the test
 * folder has files but no class folders, they are unlabelled.
 */
final class ClassFolders implements Layout {
    @Override
    public String name() {
        return "class folders (train/<class>/…, test/<class>/…, or <class>/…)";
    }

    @Override
    public Optional<Reading> read(Upload upload) {
        Reading reading = new Reading();
        boolean looseTest = upload.images().stream()
                .filter(image -> splitOf(upload, image) == Split.TEST)
                .allMatch(image -> upload.inner(image.path()).split("/", -1).length == 2);
        for (Found image : upload.images()) {
            if (image.told() == null) {
                read(upload, image, looseTest, reading);
            }
        }
        boolean labelled = reading.entries().stream().anyMatch(entry -> entry.label() != null);
        return labelled ? Optional.of(reading) : Optional.empty();
    }

    private static void read(Upload upload, Found image, boolean looseTest, Reading reading) {
        String[] parts = upload.inner(image.path()).split("/", -1);
        Split named = splitOf(upload, image);
        if (named == Split.UNLABELLED || (named == Split.TEST && looseTest)) {
            reading.add(entry(image, null, Split.UNLABELLED));
            return;
        }
        int label = named == null ? 0 : 1;
        if (parts.length < label + 2) {
            reading.reject(image.path(), "it is in no class folder");
            return;
        }
        // Composed and decomposed letters look alike: macOS writes one, others the other.
        String name = Normalizer.normalize(parts[label], Normalizer.Form.NFC).strip();
        reading.add(entry(image, name, named == null ? Split.TRAIN : named));
    }

    private static @Nullable Split splitOf(Upload upload, Found image) {
        String inner = upload.inner(image.path());
        int slash = inner.indexOf('/');
        return slash < 0 ? null : Layout.split(inner.substring(0, slash)).orElse(null);
    }

    private static Manifest.Entry entry(Found image, @Nullable String label, Split split) {
        return new Manifest.Entry(
                image.path(),
                image.sha256(),
                image.sizeBytes(),
                label,
                split,
                null,
                null,
                null,
                null,
                image.likeness(),
                Map.of());
    }
}
