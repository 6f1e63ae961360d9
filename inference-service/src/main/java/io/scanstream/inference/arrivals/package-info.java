/**
 * Arrivals: objects that any S3 client puts under a prefix become scans, because the store's notification reaches {@code
 * scan.arrivals}, or because the reconciler finds them. {@link io.scanstream.inference.arrivals.Arrivals} is the way in; a
 * claim ticket on {@code scans} is the way out. Nothing is scored here.
 */
@NullMarked
package io.scanstream.inference.arrivals;

import org.jspecify.annotations.NullMarked;
