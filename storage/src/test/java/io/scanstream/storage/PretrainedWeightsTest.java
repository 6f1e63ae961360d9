package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PretrainedWeightsTest {
    private static TestStore server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = new TestStore();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void givesBackWhatWasPut() throws IOException {
        PretrainedWeights weights = new PretrainedWeights(server.store());
        Path file = Files.writeString(folder.resolve("file"), "numbers");
        weights.put("resnet18-imagenet", file);

        weights.download("resnet18-imagenet", folder.resolve("copy"));

        assertThat(folder.resolve("copy")).hasContent("numbers");
        assertThat(server.store().exists("weights/resnet18-imagenet")).isTrue();
    }

    @Test
    void saysWhereToPutWhatIsNotThere() {
        PretrainedWeights weights = new PretrainedWeights(server.store());
        for (String name : new String[] {"vgg16-imagenet", "../jobs/x", "/etc/passwd"}) {
            assertThatThrownBy(() -> weights.download(name, folder.resolve("copy")))
                    .isInstanceOfSatisfying(
                            ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_WEIGHTS))
                    .hasMessageContaining("'" + name + "'")
                    .hasMessageContaining("weights/<name> of scanstream");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/weights", "https://example.com/w.pth", "file:///etc/passwd", "../jobs/x",
                "..", "a/../b", "s3://other/w", ""
            })
    void anAddressIsNoNameOfWeights(String name) {
        Path file = folder.resolve("weights");
        assertThatThrownBy(() -> new PretrainedWeights(server.store()).download(name, file))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_WEIGHTS));
        assertThat(file).doesNotExist();
    }
}
