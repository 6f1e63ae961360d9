package io.scanstream.trainer.ingest;

import io.scanstream.contracts.dataset.Manifest;
import java.util.Map;
import java.util.Optional;

/** Files that hold many images each, with their labels: IDX as MNIST has them, npz as MedMNIST has them. */
final class ArrayFiles implements Layout {
    @Override
    public String name() {
        return "IDX or npz files with images and labels";
    }

    @Override
    public Optional<Reading> read(Upload upload) {
        Reading reading = new Reading();
        for (Found image : upload.images()) {
            if (image.told() != null) {
                reading.add(new Manifest.Entry(
                        image.path(),
                        image.sha256(),
                        image.sizeBytes(),
                        image.told().label(),
                        image.told().split(),
                        null,
                        null,
                        null,
                        null,
                        image.likeness(),
                        Map.of()));
            }
        }
        return reading.entries().isEmpty() ? Optional.empty() : Optional.of(reading);
    }
}
