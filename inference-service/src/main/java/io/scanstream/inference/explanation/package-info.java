/**
 * What a model looks at: maps of the evidence for a class, computed by the version in memory that scores, and their pictures.
 * {@link io.scanstream.inference.explanation.Explainer} is the one way in. It runs behind the scorer's queues, at leisure, and
 * knows neither Kafka nor HTTP nor the object store.
 */
@NullMarked
package io.scanstream.inference.explanation;

import org.jspecify.annotations.NullMarked;
