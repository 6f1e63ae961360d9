/**
 * Labelled images on their way into a network: reading class folders into a manifest, the split for validation, decoding,
 * augmenting, and batches made ahead of the network on other threads. Everything repeats from a seed, whatever the number
 * of threads. Ingest uses the manifest part, the training loop and the evaluation the rest.
 */
@NullMarked
package io.scanstream.trainer.data;

import org.jspecify.annotations.NullMarked;
