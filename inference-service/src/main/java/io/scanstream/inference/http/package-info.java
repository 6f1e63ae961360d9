/**
 * The scoring edge on HTTP: one image in, its score out, and what this instance holds. Resources are thin; errors become
 * RFC 9457 problems in one place. Nothing else may use it.
 */
@NullMarked
package io.scanstream.inference.http;

import org.jspecify.annotations.NullMarked;
