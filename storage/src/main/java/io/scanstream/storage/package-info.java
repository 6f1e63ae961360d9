/**
 * The object store: the one truth of the platform. One class owns each prefix of the layout, and the journal is the one
 * way to change what is shared. Services and tools call it; it knows the MinIO client and no service.
 */
@NullMarked
package io.scanstream.storage;

import org.jspecify.annotations.NullMarked;
