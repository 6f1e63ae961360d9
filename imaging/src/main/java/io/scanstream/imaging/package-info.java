/**
 * Bytes to pixels: sniffing, limits, decoding through libraries, orientation, colour and resampling. It is the one
 * preprocessing of the project, used by training, evaluation and serving alike. Plain Java; it knows of no service.
 */
@NullMarked
package io.scanstream.imaging;

import org.jspecify.annotations.NullMarked;
