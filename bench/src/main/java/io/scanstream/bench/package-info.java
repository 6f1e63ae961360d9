/**
 * What is measured on a machine: the recipes' results, and speed against named peers. Each command prints one JSON line a
 * case on stdout. Nothing else depends on this module.
 */
@NullMarked
package io.scanstream.bench;

import org.jspecify.annotations.NullMarked;
