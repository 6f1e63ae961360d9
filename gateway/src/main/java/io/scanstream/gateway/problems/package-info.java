/**
 * What goes wrong, as RFC 9457 problems: one place decides status, title and detail for every exception, ours and
 * Quarkus'. Resources throw; nothing else in the gateway writes an error body. The details of our own defects and of
 * other systems' addresses stay in the log.
 */
@NullMarked
package io.scanstream.gateway.problems;

import org.jspecify.annotations.NullMarked;
