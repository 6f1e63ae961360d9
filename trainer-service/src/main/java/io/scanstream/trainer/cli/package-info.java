/**
 * Training from a terminal, without Kafka, the object store or Quarkus: the jars of the service on a plain class path are
 * enough. Results go to standard output, progress to standard error. The launcher script calls it.
 */
@NullMarked
package io.scanstream.trainer.cli;

import org.jspecify.annotations.NullMarked;
