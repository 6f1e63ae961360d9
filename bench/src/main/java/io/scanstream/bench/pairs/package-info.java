/** What comparisons by turns share: the processes that are compared, their networks, and medians with their intervals. */
@NullMarked
package io.scanstream.bench.pairs;

import org.jspecify.annotations.NullMarked;
