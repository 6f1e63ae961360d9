/**
 * Scans: taken in, written to Kafka, and asked for by their ids until the window of scores has moved on. The gateway never
 * decodes an image; whether the bytes are one is for the inference service to say.
 */
@NullMarked
package io.scanstream.gateway.scans;

import org.jspecify.annotations.NullMarked;
