package io.scanstream.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dashboards and alerts name metrics that there are, and every alert has its paragraph. */
class ObservabilityTest {
    private static final Path OBSERVABILITY = Project.K8S.resolve("observability");
    private static final Path OPERATIONS = Project.ROOT.resolve("docs/operations.md");

    /** What in an expression is no name of a metric: labels, ranges, offsets, texts. */
    private static final Pattern AROUND = Pattern.compile("\\{[^}]*}|\\[[^]]*]|\"[^\"]*\"|\\boffset \\w+"
            + "|\\b(by|on|without|ignoring|group_left|group_right)\\s*\\([^)]*\\)");

    /** A name that is not called like a function. */
    private static final Pattern NAME = Pattern.compile("\\b[a-zA-Z_:][\\w:]*\\b(?!\\s*\\()");

    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool");

    @ParameterizedTest
    @ValueSource(strings = {"scoring", "training", "platform"})
    void aDashboardDrawsMetricsThatThereAre(String name) throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(Project.K8S.resolve("grafana").resolve(name + ".json").toFile());
        Set<Integer> ids = new HashSet<>();
        Set<String> drawn = new TreeSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            assertThat(ids.add(panel.path("id").intValue()))
                    .as(panel.path("title").asText())
                    .isTrue();
            assertThat(panel.path("targets")).isNotEmpty();
            panel.path("targets")
                    .forEach(target -> drawn.addAll(metrics(target.path("expr").asText())));
        }
        for (JsonNode variable : dashboard.at("/templating/list")) {
            Matcher values = Pattern.compile("label_values\\((\\w+),")
                    .matcher(variable.at("/query/query").asText());
            if (values.find()) {
                drawn.add(values.group(1));
            }
        }
        assertThat(dashboard.path("uid").asText()).isEqualTo("scanstream-" + name);
        assertThat(drawn).hasSizeGreaterThan(6);
        assertThat(known()).containsAll(drawn);
    }

    @Test
    void alertsAreOfMetricsThatThereAreAndHaveAParagraph() {
        String operations = Project.text(OPERATIONS);
        List<JsonNode> alerts = alerts();

        assertThat(alerts).hasSizeGreaterThan(10);
        Set<String> names = new HashSet<>();
        for (JsonNode alert : alerts) {
            String name = alert.path("alert").asText();
            assertThat(names.add(name)).as(name).isTrue();
            Set<String> metrics = metrics(alert.path("expr").asText());
            assertThat(metrics).as(name).isNotEmpty();
            assertThat(known()).as(name).containsAll(metrics);
            assertThat(alert.at("/labels/severity").asText()).as(name).isIn("warning", "critical");
            assertThat(alert.at("/annotations/summary").asText()).as(name).isNotBlank();
            assertThat(alert.at("/annotations/runbook").asText())
                    .isEqualTo("docs/operations.md#" + name.toLowerCase(Locale.ROOT));
            assertThat(operations).as("a runbook").contains("\n### " + name + "\n");
        }
    }

    @Test
    void composeAndKubernetesHaveTheSameAlerts() {
        assertThat(Project.yaml(Project.K8S.resolve("base/alerts.yaml")).at("/spec/groups"))
                .isEqualTo(Project.yaml(OBSERVABILITY.resolve("alerts.yaml")).path("groups"));
    }

    @Test
    void theListNamesNothingThatNobodyLooksAt() throws IOException {
        Set<String> used = new TreeSet<>();
        alerts().forEach(alert -> used.addAll(metrics(alert.path("expr").asText())));
        for (String dashboard : List.of("scoring", "training", "platform")) {
            String text = Project.text(Project.K8S.resolve("grafana").resolve(dashboard + ".json"));
            Matcher words = Pattern.compile("\\w+").matcher(text);
            while (words.find()) {
                used.add(words.group());
            }
        }
        assertThat(used).containsAll(known());
    }

    /** A test of the test. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sum by (topic) (rate(a_total{x=\"y\"}[5m])) / on (topic) group_left () b_bytes > 0.5 | a_total b_bytes",
                "histogram_quantile(0.5, sum by (le) (rate(c_bucket[$__rate_interval]))) | c_bucket",
                "max(d{s=\"x\"}) - (max(d{s=\"x\"} offset 1h) or vector(0)) and e == 0 | d e"
            })
    void findsTheMetricsOfAnExpression(String expression, String names) {
        assertThat(String.join(" ", metrics(expression))).isEqualTo(names);
    }

    private static Set<String> metrics(String expression) {
        Set<String> metrics = new TreeSet<>();
        Matcher names = NAME.matcher(AROUND.matcher(expression).replaceAll(" "));
        while (names.find()) {
            if (!WORDS.contains(names.group())) {
                metrics.add(names.group());
            }
        }
        return metrics;
    }

    private static List<JsonNode> alerts() {
        List<JsonNode> alerts = new ArrayList<>();
        Project.yaml(OBSERVABILITY.resolve("alerts.yaml")).path("groups").forEach(group -> group.path("rules")
                .forEach(alerts::add));
        return alerts;
    }

    private static Set<String> known() {
        Set<String> known = new TreeSet<>();
        Project.yaml(OBSERVABILITY.resolve("metrics.yaml"))
                .forEach(service -> service.forEach(name -> known.add(name.asText())));
        return known;
    }
}
