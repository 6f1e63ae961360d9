/**
 * What is known of jobs: their states from the store, kept in memory, and their events as they happen. Data sets and
 * trainings ask here; the listeners of {@code training.events} and the housekeeping keep it up to date.
 */
@NullMarked
package io.scanstream.gateway.jobs;

import org.jspecify.annotations.NullMarked;
