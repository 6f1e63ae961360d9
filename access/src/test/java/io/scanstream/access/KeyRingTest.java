package io.scanstream.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.Hashes;
import io.scanstream.contracts.ScanstreamException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRingTest {
    private static String line(String name, String key, String roles) {
        return name + " " + Hashes.sha256(key.getBytes(StandardCharsets.UTF_8)) + " " + roles;
    }

    @Test
    void knowsACallerByItsKeyAlone() {
        KeyRing keys = new KeyRing(line("ward-3", "one", "scorer,reader") + ";" + line("ci", "two", "trainer"), null);

        assertThat(keys.find("one")).hasValueSatisfying(caller -> {
            assertThat(caller.name()).isEqualTo("key:ward-3");
            assertThat(caller.roles()).containsExactlyInAnyOrder(Role.SCORER, Role.READER);
        });
        assertThat(keys.find("two")).map(Caller::name).contains("key:ci");
        assertThat(keys.find("three")).isEmpty();
        assertThat(keys.find("")).isEmpty();
        assertThat(keys.find(Hashes.sha256("one".getBytes(StandardCharsets.UTF_8))))
                .as("its digest is no key")
                .isEmpty();
    }

    @Test
    void takesWhatAFileSaysNowAndKeepsItWhenTheFileIsBroken(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "# keys\n" + line("old", "old", "reader") + "\n");
        KeyRing keys = new KeyRing(line("fixed", "fixed", "admin"), file);
        assertThat(keys.find("old")).isPresent();

        Files.writeString(file, line("new", "new", "reader"));
        keys.refresh();
        assertThat(keys.find("old")).as("withdrawn").isEmpty();
        assertThat(keys.find("new")).isPresent();

        Files.writeString(file, "rubbish");
        keys.refresh();
        assertThat(keys.find("new")).isPresent();
        Files.delete(file);
        keys.refresh();
        assertThat(keys.find("new")).isPresent();
        assertThat(keys.find("fixed")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"secretish", "a b c", "A 00 reader", "a 00 reader", "a b c d"})
    void aLineThatIsNoKeyIsRefusedWithoutBeingShown(String line) {
        assertThatThrownBy(() -> new KeyRing("# first\n" + line, null))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("API key 2")
                .hasMessageContaining("NAME SHA256-HEX ROLE")
                .hasMessageNotContaining("secretish");
    }

    @Test
    void aRoleThatIsNoneAndANameTwiceAreRefused() {
        assertThatThrownBy(() -> new KeyRing(line("a", "a", "root"), null)).hasMessageContaining("'root' is no role");
        assertThatThrownBy(() -> new KeyRing(line("a", "a", "reader") + ";" + line("a", "b", "reader"), null))
                .hasMessageContaining("twice");
    }

    @Test
    void aFileThatIsNotThereIsAMistakeAtStart(@TempDir Path folder) {
        assertThatThrownBy(() -> new KeyRing("", folder.resolve("none")))
                .isInstanceOf(ScanstreamException.class)
                .hasMessageContaining("keys-file");
    }
}
