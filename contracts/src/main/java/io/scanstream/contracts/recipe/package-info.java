/**
 * A training as data: what to read, which network, how to train it. Recipes are YAML files that people write, so reading
 * is strict, and every mistake is reported at once with its path. The gateway checks them, the trainer carries them out.
 */
@NullMarked
package io.scanstream.contracts.recipe;

import org.jspecify.annotations.NullMarked;
