package io.scanstream.trainer;

import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** How full the disk of the cache folder is, which data sets are unpacked on: {@code disk.free} and {@code disk.total}. */
final class DiskMeters {
    @Produces
    @Singleton
    MeterBinder disk(TrainerConfig config) {
        return new DiskSpaceMetrics(config.cache().dir().toFile());
    }
}
