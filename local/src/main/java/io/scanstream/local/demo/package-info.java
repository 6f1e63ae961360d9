/**
 * The demo: what a user of the platform does, done once from end to end through the gateway's REST API. It uploads, trains,
 * sends scans and reports what came back; it knows nothing that a user's own client would not. The command line calls it.
 */
@NullMarked
package io.scanstream.local.demo;

import org.jspecify.annotations.NullMarked;
