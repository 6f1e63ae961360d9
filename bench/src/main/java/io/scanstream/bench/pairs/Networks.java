package io.scanstream.bench.pairs;

/** Networks that more than one measurement is made with, as the middle part of a recipe. */
public final class Networks {
    /** The digits network: grey images of 28 pixels. */
    public static final String DIGITS = """
            data: {widthPx: 28, heightPx: 28, channels: 1, mean: [0], std: [1]}
            network:
              layers:
                - {type: conv, out: 8, kernel: 3, padding: 1, paddingMode: reflect}
                - {type: relu}
                - {type: maxPool, kernel: 2}
                - {type: conv, out: 16, kernel: 3, padding: 1, paddingMode: reflect}
                - {type: relu}
                - {type: maxPool, kernel: 2}
                - {type: conv, out: 32, kernel: 3, padding: 1, paddingMode: reflect}
                - {type: relu}
                - {type: flatten}
                - {type: linear}
            """;

    private Networks() {}
}
