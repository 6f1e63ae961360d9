/**
 * From an upload to a data set version: archives read without trust, layouts understood, images decoded once, repeats and
 * splits settled, a manifest written. The trainer runs it as a job; the command line reads folders by the same rules.
 */
@NullMarked
package io.scanstream.trainer.ingest;

import org.jspecify.annotations.NullMarked;
