package io.scanstream.trainer.libtorch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What Linux tells of the processor; on other systems nothing.
 *
 * @param vendor for instance {@code GenuineIntel}
 * @param flags its features in the words of {@code /proc/cpuinfo}
 * @param tellsCaches whether the sizes of its caches can be asked for
 */
record Processor(String vendor, Set<String> flags, boolean tellsCaches) {
    /**
     * Reads.
     *
     * @param root {@code /}
     */
    static Processor of(Path root) {
        Path info = root.resolve("proc/cpuinfo");
        try {
            return new Processor(
                    value(info, "vendor_id"),
                    Set.of(value(info, "flags").split("\\s+")),
                    Files.exists(root.resolve("sys/devices/system/cpu/cpu0/cache/index0")));
        } catch (IOException e) {
            throw new UncheckedIOException(info.toString(), e);
        }
    }

    /** Of the first processor; they are alike. */
    private static String value(Path info, String name) throws IOException {
        try (Stream<String> lines = Files.exists(info) ? Files.lines(info) : Stream.empty()) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /**
     * Whether oneDNN's AVX2 and AVX-512 convolutions cannot be trusted here. It cuts them into blocks as large as the caches; where a
     * hypervisor hides the caches of an AMD processor it takes them for empty, and the blocks are wrong: so are the sums, or a
     * division by zero ends the process (oneDNN 3.7, {@code brgemm_convolution_utils}). Its kernels for AVX are right.
     */
    boolean misleadsOneDnn() {
        return vendor.equals("AuthenticAMD") && flags.contains("avx2") && !tellsCaches;
    }

    /** Whether there are instructions that multiply bfloat16 matrices, and they can be used. */
    boolean multipliesBfloat16() {
        return (flags.contains("avx512_bf16") || flags.contains("amx_bf16")) && !misleadsOneDnn();
    }
}
