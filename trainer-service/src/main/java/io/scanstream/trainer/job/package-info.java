/**
 * The job protocol: how a trainer takes a job, keeps it, gives it back and ends it, and what happens when it dies in
 * between. Kafka only says that there is work; every decision is an entry of the job's journal. What a job does is a {@code
 * Work}, in the packages beside this one.
 */
@NullMarked
package io.scanstream.trainer.job;

import org.jspecify.annotations.NullMarked;
