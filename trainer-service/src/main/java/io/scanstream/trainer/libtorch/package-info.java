/**
 * The bridge between DJL and libtorch: one process, one libtorch, the same tensors. It loads the natives, checks that both
 * sides mean the same version, picks the device, and shows DJL's arrays to libtorch. The networks and the training loop
 * use it; nobody else calls native code.
 */
@NullMarked
package io.scanstream.trainer.libtorch;

import org.jspecify.annotations.NullMarked;
