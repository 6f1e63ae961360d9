package io.scanstream.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/security.md}: each threat has a test, and each test that it names is there. */
class ThreatModelTest {
    private static final Path ROOT = Path.of(System.getProperty("scanstream.root"));
    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))`");

    @Test
    void eachThreatHasATestThatExists() throws IOException {
        Set<String> tests = tests();
        boolean within = false;
        int threats = 0;
        for (String line : Files.readAllLines(ROOT.resolve("docs/security.md"))) {
            if (line.startsWith("## ")) {
                within = line.equals("## Threats");
            }
            if (!within || !line.startsWith("| ") || line.startsWith("| threat ")) {
                continue;
            }
            threats++;
            String[] cells = line.split(" \\| ");
            assertThat(cells).as(line).hasSize(3);
            Set<String> named = new TreeSet<>();
            Matcher test = TEST.matcher(cells[2]);
            while (test.find()) {
                named.add(test.group(1));
            }
            assertThat(named).as(line).isNotEmpty().isSubsetOf(tests);
        }
        assertThat(threats).isGreaterThan(20);
    }

    private static Set<String> tests() throws IOException {
        Set<String> tests = new TreeSet<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path sources : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(sources)) {
                    tests.addAll(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .map(name -> name.substring(0, name.length() - ".java".length()))
                            .collect(Collectors.toSet()));
                }
            }
        }
        return tests;
    }
}
