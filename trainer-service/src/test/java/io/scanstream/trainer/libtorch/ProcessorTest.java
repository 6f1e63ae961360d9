package io.scanstream.trainer.libtorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {
    @TempDir
    private Path root;

    @Test
    void anAmdProcessorThatHidesItsCachesMisleadsOneDnn() throws IOException {
        tells("AuthenticAMD", "fpu avx2 avx512f avx512_bf16");
        assertThat(Processor.of(root).misleadsOneDnn()).isTrue();
        assertThat(Processor.of(root).multipliesBfloat16()).isFalse();
    }

    @Test
    void oneThatTellsItsCachesDoesNot() throws IOException {
        tells("AuthenticAMD", "fpu avx2 avx512f avx512_bf16");
        Files.createDirectories(root.resolve("sys/devices/system/cpu/cpu0/cache/index0"));
        assertThat(Processor.of(root).misleadsOneDnn()).isFalse();
        assertThat(Processor.of(root).multipliesBfloat16()).isTrue();
    }

    @Test
    void othersDoNot() throws IOException {
        tells("AuthenticAMD", "fpu sse2");
        assertThat(Processor.of(root).misleadsOneDnn()).isFalse();
        tells("GenuineIntel", "fpu avx2 avx512f amx_bf16");
        assertThat(Processor.of(root).misleadsOneDnn()).isFalse();
        assertThat(Processor.of(root).multipliesBfloat16()).isTrue();
    }

    @Test
    void nothingIsKnownWithoutLinux() {
        assertThat(Processor.of(root).misleadsOneDnn()).isFalse();
        assertThat(Processor.of(root).multipliesBfloat16()).isFalse();
    }

    private void tells(String vendor, String flags) throws IOException {
        Files.createDirectories(root.resolve("proc"));
        String one = "processor\t: 0\nvendor_id\t: " + vendor + "\nflags\t\t: " + flags + "\n\n";
        Files.writeString(root.resolve("proc/cpuinfo"), one + one);
    }
}
