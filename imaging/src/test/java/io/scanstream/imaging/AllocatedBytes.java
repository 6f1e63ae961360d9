package io.scanstream.imaging;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What this thread allocates on the heap while it does something: the bound that hostile files must not break. */
final class AllocatedBytes {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocatedBytes() {}

    static long during(Runnable work) {
        long self = Thread.currentThread().getId();
        long before = THREADS.getThreadAllocatedBytes(self);
        work.run();
        return THREADS.getThreadAllocatedBytes(self) - before;
    }
}
