/**
 * How good decisions are: figures from probabilities and labels, or from masks. Plain arithmetic on arrays that knows neither
 * libtorch nor ONNX Runtime. The training loop's validation and the evaluation of a package call it, so that both mean the
 * same by a name.
 */
@NullMarked
package io.scanstream.trainer.metrics;

import org.jspecify.annotations.NullMarked;
