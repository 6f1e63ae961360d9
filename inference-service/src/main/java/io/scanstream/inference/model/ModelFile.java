package io.scanstream.inference.model;

import io.scanstream.contracts.model.ModelVersion;
import io.scanstream.inference.model.OnnxSettings.Precision;
import java.nio.file.Path;

/**
 * A model file that sessions are opened from.
 *
 * @param version whose it is, for people
 * @param precision what it multiplies in: a file of {@link Float16Graph} in float16
 */
record ModelFile(ModelVersion version, Path onnx, Precision precision) {}
