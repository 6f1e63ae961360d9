/**
 * Synthetic tissue patches to train and demonstrate on where there is no data at hand: drawn, not photographed, so
 * nobody's pixels are in them. Every pixel follows from the seed by arithmetic that is the same on every JDK. The
 * command line calls it, and tests of any module may.
 */
@NullMarked
package io.scanstream.local.samples;

import org.jspecify.annotations.NullMarked;
