/**
 * The scoring edge on Kafka: takes scans from {@code scans.urgent} and {@code scans}, has them scored, and writes scores,
 * dead letters and offsets in one transaction; has shadows score what was answered; and the events of models. {@link
 * io.scanstream.inference.kafka.ScanEdge} is the way in; a score itself is made in the {@code scoring} package.
 */
@NullMarked
package io.scanstream.inference.kafka;

import org.jspecify.annotations.NullMarked;
