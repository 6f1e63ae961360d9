/**
 * Dead letters: what a record is given when it is set aside, and how it is found again and sent back to where it came from.
 * The Kafka edge and the arrivals write them with {@link io.scanstream.inference.deadletter.DeadLetterRecord}; the command
 * line lists and replays them. It knows Kafka and the contracts, and nothing else of the service.
 */
@NullMarked
package io.scanstream.inference.deadletter;

import org.jspecify.annotations.NullMarked;
