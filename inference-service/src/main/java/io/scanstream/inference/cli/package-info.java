/**
 * The command line, without Quarkus: scoring files from the disk with a model package from a folder, by the same loader and
 * the same scorer as the service, without Kafka and without an object store; and dead letters, listed and replayed. The
 * launcher calls its main classes.
 */
@NullMarked
package io.scanstream.inference.cli;

import org.jspecify.annotations.NullMarked;
