/**
 * The scoring edge on HTTP: images in, their scores out, in a form of our own and in the Open Inference Protocol. Resources are
 * thin; no request holds a thread while it waits, and what there is no room for is refused; errors become
 * answers in one place. Nothing else may use it.
 */
@NullMarked
package io.scanstream.inference.http;

import org.jspecify.annotations.NullMarked;
