/**
 * The whole platform on one machine: broker, object store and the three services, each its own process, started in order
 * and stopped together. The command line and the tests of the whole platform call it. The services know nothing of it: they
 * get the environment variables that they get in a cluster.
 */
@NullMarked
package io.scanstream.local.platform;

import org.jspecify.annotations.NullMarked;
