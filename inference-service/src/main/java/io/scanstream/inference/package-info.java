/**
 * The inference service: finds published models, verifies them and scores scans with them. This package only wires the
 * parts together; {@code model} holds versions, {@code scoring} makes a score, {@code kafka}, {@code http} and {@code cli}
 * are its edges. No other module may use it.
 */
@NullMarked
package io.scanstream.inference;

import org.jspecify.annotations.NullMarked;
