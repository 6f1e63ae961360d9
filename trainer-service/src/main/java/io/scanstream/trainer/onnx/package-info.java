/**
 * ONNX files: writing their messages node by node, and running them with ONNX Runtime. It knows nothing of networks and
 * layers; these write themselves into a graph. The network's export and the evaluation call it.
 */
@NullMarked
package io.scanstream.trainer.onnx;

import org.jspecify.annotations.NullMarked;
