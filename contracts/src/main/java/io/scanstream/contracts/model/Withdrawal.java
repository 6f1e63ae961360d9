package io.scanstream.contracts.model;

import java.time.Instant;

/**
 * That a version must not be used any more, {@code notices/<model>/<version>/withdrawn.json}. It is not taken back: what was
 * wrong with a version stays wrong with it.
 *
 * @param actor who withdrew it
 * @param reason for people
 */
public record Withdrawal(String actor, String reason, Instant at) {}
