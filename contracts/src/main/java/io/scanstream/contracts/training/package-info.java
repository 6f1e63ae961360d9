/**
 * What is asked of trainers and what they tell: requests on the topic {@code training.requests}, events on
 * {@code training.events}. Changes are additive; golden JSON samples under the tests hold the wire form still.
 */
@NullMarked
package io.scanstream.contracts.training;

import org.jspecify.annotations.NullMarked;
