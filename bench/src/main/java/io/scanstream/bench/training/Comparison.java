package io.scanstream.bench.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanstream.bench.pairs.Median;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Pairs of measurements, ours and the peer's by turns, so that a noisy machine slows both. What counts is the median of the
 * pairs' ratios.
 */
final class Comparison {
    private static final List<String> PARTS = List.of("input", "forward", "backward", "optimizer");

    private final List<JsonNode> ours = new ArrayList<>();
    private final List<JsonNode> peers = new ArrayList<>();

    void add(JsonNode our, JsonNode peer) {
        ours.add(our);
        peers.add(peer);
    }

    /** The line that is printed: images a second, their ratio with its interval, milliseconds a step by part. */
    Map<String, Object> line(Case measured, String peerName) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < ours.size(); i++) {
            ratios.add(rate(ours.get(i)) / rate(peers.get(i)));
        }
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "training");
        line.put("case", measured.name());
        line.put(
                "ours",
                Median.rounded(Median.of(ours.stream().map(Comparison::rate).toList()), 1));
        line.put(
                "peer",
                Median.rounded(Median.of(peers.stream().map(Comparison::rate).toList()), 1));
        line.put("peerName", peerName);
        line.put("ratio", Median.rounded(Median.of(ratios), 3));
        line.put("interval", Median.interval(ratios));
        line.put("pairs", ratios.size());
        line.put("oursMsPerStep", parts(ours, measured.steps()));
        line.put("peerMsPerStep", parts(peers, measured.steps()));
        return line;
    }

    private static double rate(JsonNode told) {
        return told.path("images").asDouble() / told.path("seconds").asDouble();
    }

    private static Map<String, Double> parts(List<JsonNode> told, int steps) {
        Map<String, Double> parts = new LinkedHashMap<>();
        for (String part : PARTS) {
            double seconds = Median.of(
                    told.stream().map(each -> each.path(part).asDouble()).toList());
            parts.put(part, Median.rounded(seconds / steps * 1000, 2));
        }
        return parts;
    }
}
