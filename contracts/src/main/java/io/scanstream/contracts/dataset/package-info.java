/**
 * What a data set version holds: one entry per image with its digest, label and split. The trainer writes manifests when
 * it ingests an upload; the gateway shows them. Plain Java with Jackson annotations.
 */
@NullMarked
package io.scanstream.contracts.dataset;

import org.jspecify.annotations.NullMarked;
