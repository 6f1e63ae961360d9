/**
 * Published models: what there is, kept in memory from the store, and what their aliases mean, changed through the alias's
 * journal. Scans ask here whether anything can score them.
 */
@NullMarked
package io.scanstream.gateway.models;

import org.jspecify.annotations.NullMarked;
