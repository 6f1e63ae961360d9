/**
 * How a score is made: bytes are decoded on a pool, gathered into micro-batches per model version, run, and answered.
 * {@link io.scanstream.inference.scoring.Scorer} is the one way in for every edge. It knows neither Kafka nor HTTP nor the
 * object store.
 */
@NullMarked
package io.scanstream.inference.scoring;

import org.jspecify.annotations.NullMarked;
