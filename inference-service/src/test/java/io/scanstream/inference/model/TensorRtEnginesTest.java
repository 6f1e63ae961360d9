package io.scanstream.inference.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorRtEnginesTest {
    @TempDir
    Path folder;

    @Test
    void eachModelFileHasItsOwnFolderWhereverItLies() throws IOException {
        TensorRtEngines engines = new TensorRtEngines(folder.resolve("engines"));
        Path one = Files.writeString(folder.resolve("model.onnx"), "one");
        Path of = engines.of(one);

        assertThat(engines.of(Files.copy(one, folder.resolve("copy.onnx")))).isEqualTo(of);
        assertThat(engines.of(Files.writeString(folder.resolve("model.onnx"), "two")))
                .isNotEqualTo(of);
    }

    @Test
    void whatNobodyHasOpenedForAMonthIsDeleted() throws IOException {
        TensorRtEngines engines = new TensorRtEngines(folder.resolve("engines"));
        Path old = engines.of(Files.writeString(folder.resolve("old.onnx"), "old"));
        Files.writeString(old.resolve("an.engine"), "bytes");
        Path used = engines.of(Files.writeString(folder.resolve("used.onnx"), "used"));
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(31)));
        Files.setLastModifiedTime(old, longAgo);
        Files.setLastModifiedTime(used, longAgo);

        engines.of(folder.resolve("used.onnx"));

        assertThat(old).doesNotExist();
        assertThat(used).exists();
    }
}
