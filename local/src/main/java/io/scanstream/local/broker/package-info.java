/**
 * A real single-node Kafka broker on one machine, and the topics every installation needs. The launcher runs the broker
 * as its own process; tests of any module may run it inside theirs. Nothing here is a stand-in: the same broker code
 * serves clusters.
 */
@NullMarked
package io.scanstream.local.broker;

import org.jspecify.annotations.NullMarked;
