/**
 * How the gateway writes to Kafka and hands events on to whoever listens here. Plain classes around SmallRye's emitters;
 * any package of the gateway may use them.
 */
@NullMarked
package io.scanstream.gateway.messaging;

import org.jspecify.annotations.NullMarked;
