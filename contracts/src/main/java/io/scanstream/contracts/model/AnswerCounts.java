package io.scanstream.contracts.model;

import java.time.Instant;

/**
 * What a version answered on one instance of the inference service between two moments, on {@code model.answers}. Answers over
 * Kafka and over HTTP count alike, those in the shadow do not.
 *
 * @param instance that answered
 * @param since after which the answers were given
 * @param at until when they were
 */
public record AnswerCounts(ModelVersion model, String instance, Instant since, Instant at, AnswerHistogram answers) {}
