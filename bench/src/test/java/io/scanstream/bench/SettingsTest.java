package io.scanstream.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code docs/settings.md} against what the services read: their {@code ConfigMapping} and their {@code application.yaml}. */
@Tag("once")
class SettingsTest {
    private static final Path ROOT = Path.of(System.getProperty("scanstream.root"));
    private static final String CONFIG = "io.smallrye.config.";

    /** Setting, variable, default, unit, what it does. */
    private static final Pattern ROW = Pattern.compile(
            "\\| `(scanstream\\.[^`]+)` \\| (?:`([^`]*)`)? ?\\| +(?:`([^`]*)`)? ?\\| ([^|]+) \\| (.+) \\|");

    @ParameterizedTest
    @CsvSource({
        "gateway, gateway, io.scanstream.gateway.GatewayConfig, true",
        "trainer, trainer-service, io.scanstream.trainer.TrainerConfig, false",
        "inference, inference-service, io.scanstream.inference.InferenceConfig, true"
    })
    void everySettingIsDescribedWithItsDefault(String service, String module, String config, boolean isGuarded)
            throws IOException {
        JsonNode yaml = new YAMLMapper()
                .readTree(ROOT.resolve(module)
                        .resolve("src/main/resources/application.yaml")
                        .toFile());
        Map<String, String> read = new TreeMap<>();
        collect(mapping(module, config), "scanstream", yaml.path("scanstream"), read);
        if (isGuarded) {
            collect(
                    mapping("access", "io.scanstream.access.http.SecuritySettings"),
                    "scanstream.security",
                    yaml.path("scanstream").path("security"),
                    read);
        }

        assertThat(read).isNotEmpty();
        assertThat(described(service)).isEqualTo(read);
    }

    private static JavaClass mapping(String module, String config) {
        return new ClassFileImporter()
                .importPath(ROOT.resolve(module).resolve("target/classes"))
                .get(config);
    }

    private static void collect(JavaClass mapping, String prefix, JsonNode yaml, Map<String, String> read) {
        for (JavaMethod method : mapping.getMethods()) {
            if (!method.getModifiers().contains(JavaModifier.ABSTRACT)) {
                continue;
            }
            String name = method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            JavaClass type = method.getRawReturnType();
            boolean ours = type.getPackageName().startsWith("io.scanstream") && !type.isEnum();
            if (ours && method.isAnnotatedWith(CONFIG + "WithParentName")) {
                collect(type, prefix, yaml, read);
            } else if (ours) {
                collect(type, prefix + "." + name, yaml.path(name), read);
            } else {
                boolean many = type.isEquivalentTo(Map.class);
                read.put(prefix + "." + name + (many ? ".*" : ""), standard(method, yaml.path(name)));
            }
        }
    }

    private static String standard(JavaMethod method, JsonNode yaml) {
        if (!yaml.isMissingNode()) {
            return yaml.asText();
        }
        return method.tryGetAnnotationOfType(CONFIG + "WithDefault")
                .flatMap(annotation -> annotation.get("value"))
                .map(Object::toString)
                .orElse("");
    }

    /** The rows of a service's table: settings with their defaults. */
    private static Map<String, String> described(String service) throws IOException {
        Map<String, String> described = new TreeMap<>();
        boolean within = false;
        for (String line : Files.readAllLines(ROOT.resolve("docs/settings.md"))) {
            if (line.startsWith("## ")) {
                within = line.equals("## " + service);
            }
            if (!within || !line.startsWith("| `")) {
                continue;
            }
            Matcher row = ROW.matcher(line);
            assertThat(row.matches()).as(line).isTrue();
            String name = row.group(1);
            if (!name.endsWith("*")) {
                assertThat(row.group(2))
                        .as(line)
                        .isEqualTo(name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"));
            }
            assertThat(row.group(4)).as(line).isNotBlank();
            assertThat(row.group(5)).as(line).isNotBlank();
            assertThat(described.put(name, row.group(3) == null ? "" : row.group(3)))
                    .as("twice: " + line)
                    .isNull();
        }
        return described;
    }
}
