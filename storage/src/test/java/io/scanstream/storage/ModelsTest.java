package io.scanstream.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanstream.contracts.ErrorCode;
import io.scanstream.contracts.ScanstreamException;
import io.scanstream.contracts.model.ModelVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelsTest {
    private static final ModelVersion VERSION = new ModelVersion("lung", "20261120-101530-567890ab");

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
    void publishesAWholePackageAndFetchesItVerified() throws IOException {
        Models models = new Models(server.store());
        ModelPackage sealed = ModelPackage.seal(packageFolder("a", "weights"));
        ModelVersion version = new ModelVersion("whole", VERSION.version());

        assertThat(models.versions("whole")).isEmpty();
        assertThat(models.publish(version, sealed)).isTrue();

        assertThat(models.versions("whole")).containsExactly(version);
        assertThat(models.names()).contains("whole");
        ModelPackage fetched = models.fetch(version, folder.resolve("fetched"));
        assertThat(fetched.digest()).isEqualTo(sealed.digest());
        assertThat(fetched.onnx()).hasContent("weights");
        assertThat(models.card(version)).isPresent();
        assertThat(models.file(version, "golden/000.png")).isPresent();
        assertThat(models.file(version, "nothing")).isEmpty();
        assertThat(models.sizeBytes(version, ModelPackage.MODEL)).hasValue("weights".length());
        assertThat(models.sizeBytes(version, "model")).isEmpty();
        assertThat(models.sizeBytes(new ModelVersion("nobody", "v1"), ModelPackage.MODEL))
                .isEmpty();
    }

    @Test
    void ofTwoPublishersTheFirstOnesPackageStandsWhole() throws IOException {
        Models models = new Models(server.store());
        ModelVersion version = new ModelVersion("twice", VERSION.version());

        assertThat(models.publish(version, ModelPackage.seal(packageFolder("b", "first"))))
                .isTrue();
        assertThat(models.publish(version, ModelPackage.seal(packageFolder("c", "second"))))
                .isFalse();

        assertThat(models.fetch(version, folder.resolve("fetched")).onnx()).hasContent("first");
    }

    @Test
    void refusesAPackageWithAChangedMissingOrAddedFileNamingIt() throws IOException {
        for (String file : List.of(
                "model.onnx", "card.json", "golden/golden.json", "golden/000.png", "report.html", "recipe.yaml")) {
            Path changed = packageFolder("changed" + file.hashCode(), "weights");
            ModelPackage.seal(changed);
            byte[] bytes = Files.readAllBytes(changed.resolve(file));
            bytes[bytes.length / 2] ^= 1;
            Files.write(changed.resolve(file), bytes);
            assertRefused(changed, file);

            Files.delete(changed.resolve(file));
            assertRefused(changed, file);
        }
        Path added = packageFolder("added", "weights");
        ModelPackage.seal(added);
        Files.writeString(added.resolve("golden/extra.png"), "x");
        assertRefused(added, "golden/extra.png");
    }

    @Test
    void refusesChecksumsWithAnyByteChanged() throws IOException {
        Path changed = packageFolder("checksums", "weights");
        ModelPackage.seal(changed);
        byte[] bytes = Files.readAllBytes(changed.resolve("checksums"));
        for (int i = 0; i < bytes.length; i++) {
            byte[] flipped = bytes.clone();
            flipped[i] ^= 1;
            Files.write(changed.resolve("checksums"), flipped);
            assertRefused(changed, "checksums");
        }
    }

    @Test
    void doesNotFollowAChecksumOutOfItsFolder() throws IOException {
        Path outside = packageFolder("outside", "weights");
        ModelPackage.seal(outside);
        Files.writeString(
                outside.resolve("checksums"),
                Files.readString(outside.resolve("checksums")) + "0".repeat(64) + "  ../../secret\n");

        assertRefused(outside, "../../secret");
    }

    @Test
    void saysWhichModelIsUnknown() {
        assertThatThrownBy(() -> new Models(server.store()).fetch(VERSION, folder))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNKNOWN_MODEL))
                .hasMessageContaining(VERSION.toString());
    }

    private static void assertRefused(Path packageFolder, String file) {
        assertThatThrownBy(() -> ModelPackage.read(packageFolder))
                .isInstanceOfSatisfying(
                        ScanstreamException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_NOT_VERIFIED))
                .hasMessageContaining(file);
    }

    private Path packageFolder(String name, String model) throws IOException {
        Path made = folder.resolve(name);
        Files.createDirectories(made.resolve("golden"));
        Files.writeString(made.resolve("model.onnx"), model);
        Files.write(made.resolve("card.json"), sample("ModelCard"));
        Files.write(made.resolve("golden/golden.json"), sample("Golden"));
        Files.writeString(made.resolve("golden/000.png"), "an image");
        Files.writeString(made.resolve("report.html"), "a page");
        Files.writeString(made.resolve("recipe.yaml"), "name: a recipe");
        return made;
    }

    private static byte[] sample(String name) throws IOException {
        Path samples = Path.of(System.getProperty("scanstream.root"), "contracts/src/test/resources/golden");
        return Files.readAllBytes(samples.resolve(name + ".json"));
    }
}
