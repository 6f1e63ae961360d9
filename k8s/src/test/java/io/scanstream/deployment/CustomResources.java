package io.scanstream.deployment;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.SecretKeySelector;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Custom resources for which no library of models is to be had: the fields that are used here, as the definitions of KEDA
 * (v1alpha1) and of Prometheus' operator (v1) name and type them. What is not here is refused; add it from there.
 */
final class CustomResources {
    record ScaledObject(String apiVersion, String kind, ObjectMeta metadata, ScaledObjectSpec spec) {}

    record ScaledObjectSpec(
            ScaleTarget scaleTargetRef,
            @Nullable Integer pollingInterval,
            @Nullable Integer cooldownPeriod,
            @Nullable Integer minReplicaCount,
            @Nullable Integer maxReplicaCount,
            @Nullable Fallback fallback,
            @Nullable Advanced advanced,
            List<Trigger> triggers) {}

    record ScaleTarget(String name) {}

    record Fallback(int failureThreshold, int replicas) {}

    record Advanced(HorizontalPodAutoscalerConfig horizontalPodAutoscalerConfig) {}

    record HorizontalPodAutoscalerConfig(HorizontalPodAutoscalerBehavior behavior) {}

    record Trigger(
            String type,
            @Nullable String metricType,
            Map<String, String> metadata,
            @Nullable AuthenticationRef authenticationRef) {}

    record AuthenticationRef(String name) {}

    record TriggerAuthentication(String apiVersion, String kind, ObjectMeta metadata, TriggerAuthenticationSpec spec) {}

    record TriggerAuthenticationSpec(List<SecretTarget> secretTargetRef) {}

    record SecretTarget(String parameter, String name, String key) {}

    record ServiceMonitor(String apiVersion, String kind, ObjectMeta metadata, ServiceMonitorSpec spec) {}

    record ServiceMonitorSpec(
            LabelSelector selector, @Nullable String jobLabel, List<Endpoint> endpoints) {}

    record Endpoint(
            String port,
            String path,
            @Nullable String interval,
            @Nullable String scrapeTimeout,
            @Nullable Authorization authorization) {}

    record Authorization(String type, SecretKeySelector credentials) {}

    record PrometheusRule(String apiVersion, String kind, ObjectMeta metadata, PrometheusRuleSpec spec) {}

    record PrometheusRuleSpec(List<RuleGroup> groups) {}

    record RuleGroup(String name, List<Rule> rules) {}

    record Rule(
            String alert,
            String expr,
            @JsonProperty("for") @Nullable String duration,
            Map<String, String> labels,
            Map<String, String> annotations) {}

    static final Map<String, Class<?>> KINDS = Map.of(
            "keda.sh/v1alpha1/ScaledObject", ScaledObject.class,
            "keda.sh/v1alpha1/TriggerAuthentication", TriggerAuthentication.class,
            "monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class,
            "monitoring.coreos.com/v1/PrometheusRule", PrometheusRule.class);

    private CustomResources() {}
}
