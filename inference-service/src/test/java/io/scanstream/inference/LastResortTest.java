package io.scanstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastResortTest {
    @TempDir
    Path folder;

    /** A process whose end hangs. */
    static final class Hanging {
        public static void main(String[] args) throws InterruptedException {
            LastResort.endWithin(Duration.ofSeconds(1));
            Runtime.getRuntime().addShutdownHook(new Thread(Hanging::forEver));
            System.out.println("up");
            forEver();
        }

        private static void forEver() {
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void aProcessWhoseEndHangsIsCutOffAndSaysSo() throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Hanging.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> Files.readString(log)
                    .contains("up"));

            process.destroy();

            assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends").isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(Files.readString(log)).contains("has not ended within 1 s and is cut off");
        } finally {
            process.destroyForcibly();
        }
    }
}
