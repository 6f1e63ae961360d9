/**
 * Published models: what there is, kept in memory from the store, and what their aliases mean and
 * who answers which scans, changed through journals. Scans ask here whether anything can score them.
 */
@NullMarked
package io.scanstream.gateway.models;

import org.jspecify.annotations.NullMarked;
