/** What every comparison by turns needs: the processes that are compared, and medians with their intervals. */
@NullMarked
package io.scanstream.bench.pairs;

import org.jspecify.annotations.NullMarked;
