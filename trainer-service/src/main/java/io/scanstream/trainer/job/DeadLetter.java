package io.scanstream.trainer.job;

import io.scanstream.contracts.ScanstreamException;
import org.jspecify.annotations.Nullable;

/**
 * A request that no trainer can do anything with.
 *
 * @param attempts how often Kafka has delivered it
 */
record DeadLetter(@Nullable String key, byte[] value, ScanstreamException error, int attempts) {}
