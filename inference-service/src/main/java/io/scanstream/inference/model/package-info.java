/**
 * Model versions: finding them in the object store, fetching, verifying and warming them, and the set of those that serve.
 * The edges ask {@link io.scanstream.inference.model.ServingSet} for a version and give it back after use. ONNX Runtime
 * is called here and nowhere else in the service.
 */
@NullMarked
package io.scanstream.inference.model;

import org.jspecify.annotations.NullMarked;
