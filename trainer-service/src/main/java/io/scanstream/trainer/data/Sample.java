package io.scanstream.trainer.data;

import io.scanstream.contracts.dataset.Manifest;

/**
 * One image of a split.
 *
 * @param entry where it comes from
 * @param label index of its class in the model's class order; {@link #NO_LABEL} where it has a mask, or none is known
 */
public record Sample(Manifest.Entry entry, int label) {
    public static final int NO_LABEL = -1;
}
