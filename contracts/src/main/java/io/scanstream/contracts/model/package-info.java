/**
 * What a published model says of itself: its preprocessing, its card, its golden scores and the events of its life. The
 * trainer writes them, the gateway shows them, and the inference service lives by them. Plain Java with Jackson
 * annotations.
 */
@NullMarked
package io.scanstream.contracts.model;

import org.jspecify.annotations.NullMarked;
