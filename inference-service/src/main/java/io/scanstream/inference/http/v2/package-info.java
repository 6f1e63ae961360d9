/**
 * What the Open Inference Protocol (version 2) says over HTTP, as bytes: requests and answers in JSON, with tensors in it or,
 * by Triton's binary tensor data extension, behind it. Plain functions of bytes and a model's shapes, which know nothing of
 * HTTP or of running a model. Only {@code http} may use it.
 */
@NullMarked
package io.scanstream.inference.http.v2;

import org.jspecify.annotations.NullMarked;
