/**
 * The local disk: images of the object store by hash and bounded, and folders for work under way. Jobs read images through
 * it, so that epochs and the next job on the same data do not fetch again. What a process leaves when it dies, the next one
 * deletes.
 */
@NullMarked
package io.scanstream.trainer.cache;

import org.jspecify.annotations.NullMarked;
