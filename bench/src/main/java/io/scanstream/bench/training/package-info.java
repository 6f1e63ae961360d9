/** Training's speed against PyTorch's on the same machine. */
@NullMarked
package io.scanstream.bench.training;

import org.jspecify.annotations.NullMarked;
