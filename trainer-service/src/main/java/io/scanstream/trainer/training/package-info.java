/**
 * The training loop: from a recipe and data to weights, in portions that can stop at any step and go on in another
 * process as if they had not. The command line and the training jobs both drive {@code TrainingRun}. It knows nothing of
 * Kafka or of the object store.
 */
@NullMarked
package io.scanstream.trainer.training;

import org.jspecify.annotations.NullMarked;
