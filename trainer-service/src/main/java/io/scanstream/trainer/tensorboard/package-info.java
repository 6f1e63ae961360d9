/**
 * Curves of a training as TensorBoard reads them: event files, written by hand, as their format is a few lines. It knows
 * nothing of trainings but epochs and figures. The command line and the training jobs call it.
 */
@NullMarked
package io.scanstream.trainer.tensorboard;

import org.jspecify.annotations.NullMarked;
