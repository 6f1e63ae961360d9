/**
 * Networks as literal lists of layers: one record per layer kind says what a recipe can write, which shape comes out,
 * which parameters it has, how libtorch computes it and which ONNX nodes it becomes. Architectures are functions that
 * return such lists. Training, export and evaluation use {@code Network}; nobody else knows layers.
 */
@NullMarked
package io.scanstream.trainer.network;

import org.jspecify.annotations.NullMarked;
