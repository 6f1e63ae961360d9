/**
 * What the gateway's REST API takes and answers, as JSON under {@code /api/v1}. The gateway and its Java clients share
 * these records; each says which request it belongs to. Errors are all {@code ApiProblem}; events are the messages of the
 * packages {@code training} and {@code scoring}, unchanged.
 */
@NullMarked
package io.scanstream.contracts.api;

import org.jspecify.annotations.NullMarked;
