package io.scanstream.inference.model;

import io.scanstream.inference.model.OnnxSettings.Precision;
import java.nio.file.Path;

/**
 * A model file that sessions are opened from.
 *
 * @param precision what it multiplies in: a file of {@link Float16Graph} in float16
 */
record ModelFile(Path onnx, Precision precision) {}
