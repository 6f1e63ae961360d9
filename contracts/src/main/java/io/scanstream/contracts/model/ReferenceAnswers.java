package io.scanstream.contracts.model;

/**
 * What a version answered to the images of a split, {@code reference.json} in the package: what its answers in service are
 * compared with.
 *
 * @param split {@code test}; {@code validation} where there is no test image
 */
public record ReferenceAnswers(String split, AnswerHistogram answers) {}
