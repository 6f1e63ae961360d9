/**
 * From trained weights to a model package: export, parity with the native network, scores of the test split through ONNX
 * Runtime, metrics, golden images, card and report. What it publishes has reproduced its own goldens. The command line and
 * the training jobs call it at the end of a training.
 */
@NullMarked
package io.scanstream.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
