package io.scanstream.trainer.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
    @TempDir
    Path root;

    @Test
    void leavesFoldersThatAreInUseAndDeletesWhatTheDeadHaveLeft() throws Exception {
        WorkFolder living = WorkFolder.open(root);
        Files.writeString(living.path().resolve("weights"), "w");
        Path dead = Files.createDirectories(root.resolve("dead/run")).getParent();
        Files.writeString(dead.resolve("run/weights"), "w");
        Files.writeString(root.resolve("dead.lock"), "");

        WorkFolder next = WorkFolder.open(root);

        assertThat(dead).doesNotExist();
        assertThat(root.resolve("dead.lock")).doesNotExist();
        assertThat(living.held()).isTrue();
        assertThat(living.path().resolve("weights")).hasContent("w");
        assertThat(next.path()).isEmptyDirectory().isNotEqualTo(living.path());
    }
}
