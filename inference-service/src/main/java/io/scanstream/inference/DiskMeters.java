package io.scanstream.inference;

import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** How full the disk of the cache folder is, which packages lie on: {@code disk.free} and {@code disk.total}. */
final class DiskMeters {
    @Produces
    @Singleton
    MeterBinder disk(InferenceConfig config) {
        return new DiskSpaceMetrics(config.cacheDir().toFile());
    }
}
