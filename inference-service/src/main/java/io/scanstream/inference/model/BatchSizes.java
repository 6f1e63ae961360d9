package io.scanstream.inference.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The batch sizes that a model runs with. On CUDA each new size is a new shape that costs a search for kernels, so a few
 * sizes are warmed and smaller batches are padded to the next; a CPU takes any size as it is, and so does an engine of
 * TensorRT between the ends that it was warmed with.
 */
public final class BatchSizes {
    private final List<Integer> ladder;
    private final boolean pads;

    private BatchSizes(List<Integer> ladder, boolean pads) {
        this.ladder = List.copyOf(ladder);
        this.pads = pads;
    }

    /**
     * All that the settings allow.
     *
     * @param bytesEach what one scan takes in a run
     */
    static BatchSizes of(Provider provider, OnnxSettings settings, long bytesEach) {
        int largest = (int) Math.max(1, Math.min(settings.maxBatch(), settings.maxBatchBytes() / bytesEach));
        List<Integer> ladder = new ArrayList<>();
        for (int size = 1; size < largest; size *= 2) {
            ladder.add(size);
        }
        ladder.add(largest);
        return new BatchSizes(ladder, provider == Provider.CUDA);
    }

    /** These, without those above a size. */
    BatchSizes upTo(int most) {
        return new BatchSizes(ladder.stream().filter(size -> size <= most).toList(), pads);
    }

    /** Growing. */
    List<Integer> ladder() {
        return ladder;
    }

    /** Most scans in one run. */
    public int largest() {
        return ladder.get(ladder.size() - 1);
    }

    /** The sizes to warm: elsewhere than on CUDA the ends do. */
    List<Integer> toWarm() {
        return pads ? ladder : List.of(1, largest()).stream().distinct().toList();
    }

    /** How many rows a run of so many scans has; those above them cost the same with scans in them. */
    public int rung(int scans) {
        if (scans < 1 || scans > largest()) {
            throw new IllegalArgumentException("a batch of " + scans + " is not within 1 and " + largest());
        }
        if (!pads) {
            return scans;
        }
        return ladder.stream().filter(size -> size >= scans).findFirst().orElseThrow();
    }
}
