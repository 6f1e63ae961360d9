/**
 * What a native executable needs to be told, read from bytecode, and compared with what the modules ship. Only tests of this
 * module call it.
 */
@NullMarked
package io.scanstream.bench.nativeimage;

import org.jspecify.annotations.NullMarked;
