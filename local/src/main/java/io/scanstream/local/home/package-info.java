/**
 * The folder that one local installation lives in: the ports it used last, its secrets, its lock. Everything that must
 * outlive a start is written here, atomically. The launcher and the embedded servers call it; nobody else does.
 */
@NullMarked
package io.scanstream.local.home;

import org.jspecify.annotations.NullMarked;
