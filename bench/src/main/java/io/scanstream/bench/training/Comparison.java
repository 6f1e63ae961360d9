package io.scanstream.bench.training;

import com.fasterxml.jackson.databind.JsonNode;
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
    private static final double CONFIDENCE = 0.95;

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
        ratios.sort(null);
        int outside = outside(ratios.size());
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("bench", "training");
        line.put("case", measured.name());
        line.put("ours", rounded(median(ours.stream().map(Comparison::rate).toList()), 1));
        line.put("peer", rounded(median(peers.stream().map(Comparison::rate).toList()), 1));
        line.put("peerName", peerName);
        line.put("ratio", rounded(median(ratios), 3));
        line.put(
                "interval",
                List.of(rounded(ratios.get(outside), 3), rounded(ratios.get(ratios.size() - 1 - outside), 3)));
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
            double seconds =
                    median(told.stream().map(each -> each.path(part).asDouble()).toList());
            parts.put(part, rounded(seconds / steps * 1000, 2));
        }
        return parts;
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /**
     * How many of the sorted values on each side lie outside the median's interval of at least 95 %, from the binomial
     * distribution; 0, and less confidence, for fewer than six values.
     */
    static int outside(int values) {
        double below = Math.pow(0.5, values);
        double term = below;
        int outside = 0;
        while (outside < values / 2) {
            term = term * (values - outside) / (outside + 1);
            if (1 - 2 * (below + term) < CONFIDENCE) {
                break;
            }
            below += term;
            outside++;
        }
        return outside;
    }

    private static double rounded(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }
}
