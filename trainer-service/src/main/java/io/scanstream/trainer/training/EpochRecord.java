package io.scanstream.trainer.training;

/**
 * What one epoch gave; part of the history that checkpoints and packages carry.
 *
 * @param epoch counts from 1
 * @param trainLoss mean over the images, while the weights moved
 * @param validationLoss mean over the validation images, after the epoch
 * @param validationAccuracy share of right decisions
 * @param skippedSteps whose loss was not finite
 * @param imagesPerSecond of training, input pipeline included
 */
public record EpochRecord(
        int epoch,
        double trainLoss,
        double validationLoss,
        double validationAccuracy,
        int skippedSteps,
        double imagesPerSecond) {}
