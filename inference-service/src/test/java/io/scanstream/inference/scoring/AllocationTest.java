package io.scanstream.inference.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanstream.imaging.DecodeLimits;
import io.scanstream.imaging.ImageDecoder;
import io.scanstream.inference.TinyModel;
import io.scanstream.inference.model.LoadedModel;
import io.scanstream.inference.model.ModelLoader;
import io.scanstream.inference.model.OnnxRuntime;
import io.scanstream.inference.model.OnnxSettings;
import io.scanstream.inference.model.OnnxSettings.Device;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What scoring takes from the heap and beside it for each scan once it is warm. */
class AllocationTest {
    /** For the calls to ONNX Runtime; 4,100 bytes were measured. */
    private static final long MOST_A_RUN = 6_000;

    /** For the answer, 1,100 were measured; with another copy of the scan's 768 bytes it would be more than this. */
    private static final long MOST_A_SCAN = 1_600;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    @Test
    void runsAllocateNothingOutsideOfTheHeapAndLittleOnIt() {
        ImageDecoder decoder = new ImageDecoder(DecodeLimits.defaults());
        LoadedModel model = new ModelLoader(new OnnxRuntime(OnnxSettings.defaults(Device.CPU)), decoder)
                .load(TinyModel.aModel().write(folder));
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        byte[] png = TinyModel.png(200, 20, 30, 16, 16);
        try (Scorer scorer = new Scorer(new ScorerSettings(2, 2, Duration.ofMillis(5), 1 << 20), decoder, metrics)) {
            score(scorer, model, png, 400);
            // From here on batches of other sizes than before come, up to the largest.
            score(scorer, model, png, 1);
            // Buffers of before that nobody has would count.
            System.gc();
            long directBefore = direct();
            long heapBefore = allocatedBy("run-model-");
            long runsBefore = metrics.get("scanstream.batch.size").summary().count();

            score(scorer, model, png, 4000);

            assertThat(direct()).as("direct buffers").isLessThanOrEqualTo(directBefore);
            long heap = allocatedBy("run-model-") - heapBefore;
            long runs = metrics.get("scanstream.batch.size").summary().count() - runsBefore;
            assertThat(heap).as("bytes of the runners").isBetween(1L, MOST_A_RUN * runs + MOST_A_SCAN * 4000);
        }
        model.release();
    }

    private static void score(Scorer scorer, LoadedModel model, byte[] png, int scans) {
        List<CompletableFuture<Score>> answers = new ArrayList<>();
        for (int i = 0; i < scans; i++) {
            answers.add(scorer.score(model.acquire(), png, Urgency.ROUTINE));
        }
        answers.forEach(CompletableFuture::join);
    }

    private static long allocatedBy(String threads) {
        return Arrays.stream(THREADS.getThreadInfo(THREADS.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith(threads))
                .mapToLong(thread -> THREADS.getThreadAllocatedBytes(thread.getThreadId()))
                .sum();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }
}
