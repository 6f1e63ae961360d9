/**
 * What the services say to each other: ids, topic names, error codes and the JSON they are written in. Plain Java with
 * Jackson annotations; every service and library module may use it, and it uses none of them. The messages themselves
 * live in the packages below, one per capability.
 */
@NullMarked
package io.scanstream.contracts;

import org.jspecify.annotations.NullMarked;
