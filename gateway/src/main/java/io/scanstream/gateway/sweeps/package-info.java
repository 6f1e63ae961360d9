/**
 * Sweeps: one request becomes many training jobs, which whatever trainers there are share, and a table that compares them.
 * The jobs are made and shown by {@code trainings}; called by its REST resource alone.
 */
@NullMarked
package io.scanstream.gateway.sweeps;

import org.jspecify.annotations.NullMarked;
