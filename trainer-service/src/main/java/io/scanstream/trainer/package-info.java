/**
 * The service itself: configuration, wiring, health, and the edges to Kafka. The plain classes that do the work are in the
 * packages below and know nothing of Quarkus. Nobody calls this package; Quarkus starts it.
 */
@NullMarked
package io.scanstream.trainer;

import org.jspecify.annotations.NullMarked;
