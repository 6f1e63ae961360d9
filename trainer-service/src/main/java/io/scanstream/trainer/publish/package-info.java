/**
 * Training jobs: from a manifest through the training loop to a published model, and to the champion if it is better. What
 * is trained is the training package's matter, how a job is kept alive the job package's; here they meet.
 */
@NullMarked
package io.scanstream.trainer.publish;

import org.jspecify.annotations.NullMarked;
