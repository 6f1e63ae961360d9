/**
 * Trains recipes on real data and writes down what they reach on the test split. Every run is a process of its own, {@code
 * scanstream train}, as a user starts it. Called by the command line alone.
 */
@NullMarked
package io.scanstream.bench.results;

import org.jspecify.annotations.NullMarked;
