/**
 * Images of the object store on the local disk, by hash and bounded. Training jobs read through it, so that epochs and the
 * next job on the same data do not fetch again.
 */
@NullMarked
package io.scanstream.trainer.cache;

import org.jspecify.annotations.NullMarked;
