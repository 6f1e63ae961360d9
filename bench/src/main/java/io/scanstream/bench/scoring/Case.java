package io.scanstream.bench.scoring;

import io.scanstream.bench.pairs.Networks;
import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.util.List;

/**
 * A model and the scans that it is measured with.
 *
 * @param network {@code resnet18} or {@code digits-cnn}
 * @param side of the model's input in pixels
 * @param scanSide of the scans in pixels; JPEG at quality 90
 * @param bar the least share of the limit that the service must reach; 0: none. The digits network runs for so short a time
 *     that a record on its way through a broker on the same cores costs more than the score
 */
record Case(String network, int side, int scanSide, double bar) {
    static final List<Case> ALL = List.of(
            new Case("resnet18", 224, 512, 0.9), new Case("resnet18", 96, 96, 0.9), new Case("digits-cnn", 28, 28, 0));

    /**
     * Those of some names, or all if there are none.
     *
     * @throws ScanstreamException {@code INVALID_REQUEST} for a name that there is not
     */
    static List<Case> named(List<String> names) {
        List<String> known = ALL.stream().map(Case::name).toList();
        if (!known.containsAll(names)) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST, "--case: expected one of " + known + ", not " + names + ".");
        }
        return ALL.stream()
                .filter(one -> names.isEmpty() || names.contains(one.name()))
                .toList();
    }

    String name() {
        return network.equals("resnet18") ? network + "-" + side : network;
    }

    /** What trains it: an epoch, since speed does not ask for more. */
    String recipe() {
        String body = network.equals("resnet18") ? """
                        data: {widthPx: %1$d, heightPx: %1$d}
                        network: {architecture: resnet18}
                        """.formatted(side) : Networks.DIGITS;
        return """
                name: %s
                about: A measurement.
                %soptimizer: {type: sgd, learningRate: 0.001}
                training: {epochs: 1, batchSize: 16}
                """.formatted(name(), body);
    }
}
