package io.scanstream.bench.nativeimage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * The configuration for native executables that the modules ship, against what their bytecode, and that of the libraries,
 * reaches by reflection and from native code. {@code SCANSTREAM_NATIVE_WRITE=1} in the environment writes {@code
 * reflect-config.json} and {@code jni-config.json} anew.
 */
@Tag("once")
class NativeConfigTest {
    static final List<String> MODULES = Reached.MODULES;
    static final List<String> SERVICES = Reached.SERVICES;

    private static Reached reached;

    @BeforeAll
    static void read() throws IOException {
        reached = new Reached();
        if ("1".equals(System.getenv("SCANSTREAM_NATIVE_WRITE"))) {
            for (String module : MODULES) {
                write(Reached.config(module).resolve("reflect-config.json"), reached.reflection(module));
                write(Reached.config(module).resolve("jni-config.json"), reached.jni(module));
            }
        }
    }

    private static void write(Path file, Set<String> names) throws IOException {
        if (!names.isEmpty()) {
            Files.createDirectories(file.getParent());
            Files.write(file, NativeConfig.write(names));
        }
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void whatReflectionReachesIsConfigured(String module) {
        requireAll(
                "reflect-config.json",
                module,
                reached.reflection(module),
                shipped(module).reflection());
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void whatNativeCodeTouchesIsConfigured(String module) {
        requireAll(
                "jni-config.json", module, reached.jni(module), shipped(module).jni());
    }

    @ParameterizedTest
    @FieldSource("MODULES")
    void sharedObjectsAreResources(String module) {
        NativeConfig shipped = shipped(module);
        assertThat(reached.sharedObjects(module)).allMatch(shipped::includes);
    }

    @ParameterizedTest
    @FieldSource("SERVICES")
    void whatCannotBeInitialisedAtBuildTimeIsInitialisedAtRunTime(String service) {
        NativeConfig shipped = NativeConfig.in(Classes.in(
                Reached.modulesOf(service).stream().map(Reached::resources).toList()));
        assertThat(reached.atRunTime(service)).isNotEmpty().allMatch(shipped::isAtRunTime);
    }

    @Test
    void aMissingClassIsTold() {
        Set<String> incomplete = new TreeSet<>(shipped("contracts").reflection());
        assertThat(incomplete.remove("io/scanstream/contracts/model/Golden")).isTrue();

        assertThatThrownBy(() ->
                        requireAll("reflect-config.json", "contracts", reached.reflection("contracts"), incomplete))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("io/scanstream/contracts/model/Golden");
    }

    private static NativeConfig shipped(String module) {
        return NativeConfig.in(Classes.in(List.of(Reached.resources(module))));
    }

    private static void requireAll(String file, String module, Set<String> needed, Set<String> named) {
        assertThat(named)
                .as("%s of %s; SCANSTREAM_NATIVE_WRITE=1 writes it anew", file, module)
                .isEqualTo(needed);
    }
}
