/**
 * A first look at a data set: counts, sizes, balance, mean and deviation as figures, and a page with sample images. Ingest
 * makes one for every version, the command line for a folder. Pixels are in the page only, which is kept private.
 */
@NullMarked
package io.scanstream.trainer.exploration;

import org.jspecify.annotations.NullMarked;
