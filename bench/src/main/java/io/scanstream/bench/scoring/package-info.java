/**
 * How much of ONNX Runtime's own speed is left at the ends of the event path: scans a second and latencies of the real
 * service on a real broker, beside those of decoding and running alone in one process on the same cores.
 */
@NullMarked
package io.scanstream.bench.scoring;

import org.jspecify.annotations.NullMarked;
