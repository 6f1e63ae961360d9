/**
 * Data sets: uploads are spooled to the store and handed to a trainer, and versions are shown as the store has them. The
 * gateway looks at an upload's first bytes only; what is in it is the ingest's business.
 */
@NullMarked
package io.scanstream.gateway.datasets;

import org.jspecify.annotations.NullMarked;
