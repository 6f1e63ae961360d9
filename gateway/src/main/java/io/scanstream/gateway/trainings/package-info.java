/**
 * Trainings: requests are checked against their data set, written to a journal and announced; what becomes of them is
 * shown from the journals. The training itself is the trainers' business.
 */
@NullMarked
package io.scanstream.gateway.trainings;

import org.jspecify.annotations.NullMarked;
