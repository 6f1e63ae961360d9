/**
 * The exclusion of subjects who have withdrawn consent: what is theirs is found, taken out of use, deleted and accounted for.
 * REST starts it, housekeeping finishes what a gateway left. No log, message or answer from here names a subject.
 */
@NullMarked
package io.scanstream.gateway.subjects;

import org.jspecify.annotations.NullMarked;
