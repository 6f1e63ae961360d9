package io.scanstream.trainer.network;

import ai.djl.ndarray.types.Shape;

/**
 * A named array of a layer.
 *
 * @param name full, as torchvision names it ({@code layer1.0.conv1.weight})
 * @param start how its values begin
 * @param trained whether it learns; running statistics do not
 */
record Parameter(String name, Shape shape, Initialisation start, boolean trained) {}
