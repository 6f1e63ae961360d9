/**
 * Scoring from the command line, without Kafka, without an object store and without Quarkus: a model package from a folder
 * and files from the disk. It uses the same loader and the same scorer as the service. The launcher calls its main class.
 */
@NullMarked
package io.scanstream.inference.cli;

import org.jspecify.annotations.NullMarked;
