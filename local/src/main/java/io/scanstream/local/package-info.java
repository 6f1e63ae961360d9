/**
 * The command line's commands for one machine: {@code up}, {@code demo} and {@code generate}. Each is a thin class over the
 * packages below. The script {@code scanstream} calls {@code Main}; nobody else does.
 */
@NullMarked
package io.scanstream.local;

import org.jspecify.annotations.NullMarked;
