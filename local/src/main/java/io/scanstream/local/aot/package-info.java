/**
 * AOT caches (JEP 514) of the packaged services: a run on a broker and a store of its own, with requests such as come at
 * work, from which the JVM remembers what it loaded and linked. Called by the command line.
 */
@NullMarked
package io.scanstream.local.aot;

import org.jspecify.annotations.NullMarked;
