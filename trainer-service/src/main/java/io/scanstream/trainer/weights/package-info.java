/**
 * Files of weights that were trained elsewhere: safetensors and PyTorch's {@code .pth}, read as data and never as a
 * program, whatever is in them. It knows names, shapes and bytes, and nothing of networks or libtorch. The network takes
 * its weights from here; the command line and the job's work find the files.
 */
@NullMarked
package io.scanstream.trainer.weights;

import org.jspecify.annotations.NullMarked;
