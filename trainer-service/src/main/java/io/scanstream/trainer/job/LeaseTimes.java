package io.scanstream.trainer.job;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.time.Duration;

/**
 * How long a sign of life counts.
 *
 * @param lease from each renewal; trainers' clocks may differ by a small part of it
 * @param renewEvery at most half the lease, so that one renewal may fail
 */
public record LeaseTimes(Duration lease, Duration renewEvery) {
    public LeaseTimes {
        if (renewEvery.isZero()
                || renewEvery.isNegative()
                || renewEvery.multipliedBy(2).compareTo(lease) > 0) {
            throw new ScanstreamException(
                    ErrorCode.INVALID_REQUEST,
                    "scanstream.lease.renew-every: " + renewEvery
                            + " is not between 0 and half of scanstream.lease.duration" + " (" + lease + ").");
        }
    }
}
