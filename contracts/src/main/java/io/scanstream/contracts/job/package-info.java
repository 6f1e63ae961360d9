/**
 * The state of a job as the journal in the object store keeps it: who owns it, how far it is, how it ended. Trainers
 * write it, the gateway reads it. The state machine is on one screen, in {@code JobState}.
 */
@NullMarked
package io.scanstream.contracts.job;

import org.jspecify.annotations.NullMarked;
