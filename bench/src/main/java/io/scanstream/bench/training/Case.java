package io.scanstream.bench.training;

import io.scanstream.bench.pairs.Networks;
import java.util.List;
import java.util.stream.Stream;

/**
 * A training whose speed is measured.
 *
 * @param network {@code resnet18} or {@code digits-cnn}
 * @param side of the images in pixels
 * @param batch images a step
 * @param precision what forward and backward compute with
 * @param files whether every step's images are decoded and augmented; else one batch is ready
 * @param steps of one measurement, a few seconds long
 */
record Case(String network, int side, int batch, Precision precision, boolean files, int steps) {

    /** Numbers as the peer and recipes name them, and as cases do. */
    enum Precision {
        FLOAT32("float32", "fp32"),
        BFLOAT16("bfloat16", "bf16");

        final String name;
        final String brief;

        Precision(String name, String brief) {
            this.name = name;
            this.brief = brief;
        }
    }

    /** The one whose steps take least time, so that many can be taken. */
    static final Case LIGHTEST = new Case("digits-cnn", 28, 80, Precision.FLOAT32, false, 400);

    static List<Case> all() {
        return Stream.of(false, true)
                .flatMap(files -> Stream.of(
                        new Case("resnet18", 96, 32, Precision.FLOAT32, files, 12),
                        new Case("resnet18", 96, 32, Precision.BFLOAT16, files, 16),
                        new Case("resnet18", 224, 32, Precision.FLOAT32, files, 3),
                        new Case("resnet18", 224, 32, Precision.BFLOAT16, files, 6),
                        new Case("digits-cnn", 28, 80, Precision.FLOAT32, files, LIGHTEST.steps())))
                .toList();
    }

    /** For instance {@code resnet18-96-bf16-files}. */
    String name() {
        return network + (digits() ? "" : "-" + side) + "-" + precision.brief + (files ? "-files" : "");
    }

    private boolean digits() {
        return network.equals("digits-cnn");
    }

    /** The folder below the data's that has the files. */
    String folder() {
        return digits() ? "mnist" : "lc25000-lung";
    }

    String input() {
        return files ? "files" : "tensors";
    }

    /** The same training as a recipe of ours. */
    String recipe() {
        String network = digits() ? Networks.DIGITS : """
                  data: {widthPx: %1$d, heightPx: %1$d}
                  network: {architecture: resnet18}
                  augmentation:
                    - {type: randomResizedCrop, minScale: 0.8}
                    - {type: horizontalFlip}
                  """.formatted(side);
        return """
                name: %s
                about: A measurement.
                %soptimizer: {type: sgd, learningRate: 0.01, momentum: 0.9}
                training: {epochs: 1, batchSize: %d, precision: %s}
                """.formatted(name(), network, batch, precision.name);
    }
}
