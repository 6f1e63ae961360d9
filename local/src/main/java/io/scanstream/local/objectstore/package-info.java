/**
 * A real S3 server on a folder of one machine, with credentials of its own. The launcher runs it as its own process;
 * tests of any module may run it inside theirs. It has no tags, versions or notifications, and Scanstream needs none.
 */
@NullMarked
package io.scanstream.local.objectstore;

import org.jspecify.annotations.NullMarked;
