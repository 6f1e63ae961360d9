package io.scanstream.bench.scoring;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * A latency curve as SVG: milliseconds, on a logarithmic scale, over what is sent in scans a second. Lines differ in their
 * dashes too, so that they can be told apart in grey.
 */
final class LatencyPlot {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 400;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 50;
    private static final int BOTTOM = 60;

    private final String title;
    private final double saturation;
    private final List<Point> points = new ArrayList<>();

    /**
     * What was measured at one load.
     *
     * @param perSecond scans sent
     */
    record Point(double perSecond, double p50Ms, double p99Ms, double p999Ms) {}

    private record Line(String name, String colour, String dashes, ToDoubleFunction<Point> value) {}

    private static final List<Line> LINES = List.of(
            new Line("p99.9", "#b2182b", "2 3", Point::p999Ms),
            new Line("p99", "#b2182b", "none", Point::p99Ms),
            new Line("p50", "#2166ac", "none", Point::p50Ms));

    /**
     * Without points yet.
     *
     * @param saturation scans a second that are scored at most
     */
    LatencyPlot(String title, double saturation) {
        this.title = title;
        this.saturation = saturation;
    }

    void add(Point point) {
        points.add(point);
    }

    /** The picture, with its own white ground. */
    String svg() {
        double most = points.stream().mapToDouble(Point::perSecond).max().orElse(1) * 1.05;
        double high = points.stream().mapToDouble(Point::p999Ms).max().orElse(1);
        double low = points.stream().mapToDouble(Point::p50Ms).min().orElse(1);
        int first = (int) Math.floor(Math.log10(low));
        int last = Math.max(first + 1, (int) Math.ceil(Math.log10(high)));
        StringBuilder svg = new StringBuilder();
        line(
                svg,
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif'",
                WIDTH,
                HEIGHT);
        line(svg, " font-size='13' fill='#222'><rect width='%d' height='%d' fill='#fff'/>", WIDTH, HEIGHT);
        line(svg, "<text x='%d' y='24' font-size='16'>%s</text>", LEFT, title);
        for (int power = first; power <= last; power++) {
            double y = y(Math.pow(10, power), first, last);
            line(svg, "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>", LEFT, WIDTH - RIGHT, y, y);
            line(svg, "<text x='%d' y='%.1f' text-anchor='end'>%s</text>", LEFT - 8, y + 4, decade(power));
        }
        for (int tick = 0; tick <= 5; tick++) {
            double at = nice(most / 5) * tick;
            if (at <= most) {
                double x = x(at, most);
                line(svg, "<text x='%.1f' y='%d' text-anchor='middle'>%.0f</text>", x, HEIGHT - BOTTOM + 20, at);
            }
        }
        double knee = x(saturation, most);
        line(svg, "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d'", knee, knee, TOP, HEIGHT - BOTTOM);
        line(svg, " stroke='#888' stroke-dasharray='6 4'/>");
        line(svg, "<text x='%.1f' y='%d' text-anchor='middle' fill='#666'>saturation</text>", knee, TOP - 6);
        for (Line one : LINES) {
            StringBuilder path = new StringBuilder();
            for (Point point : points) {
                double y = y(one.value().applyAsDouble(point), first, last);
                path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point.perSecond(), most), y));
            }
            line(
                    svg,
                    "<polyline points='%s' fill='none' stroke='%s'",
                    path.toString().strip(),
                    one.colour());
            line(svg, " stroke-width='2' stroke-dasharray='%s'/>", one.dashes());
        }
        legend(svg);
        int middle = (LEFT + WIDTH - RIGHT) / 2;
        line(svg, "<text x='%d' y='%d' text-anchor='middle'>scans sent a second</text>", middle, HEIGHT - 18);
        line(svg, "<text transform='translate(18 %d) rotate(-90)' text-anchor='middle'>ms</text>", HEIGHT / 2);
        return svg.append("</svg>\n").toString();
    }

    /** Above the plot, where no line runs. */
    private static void legend(StringBuilder svg) {
        int x = WIDTH - RIGHT - 210;
        for (Line one : LINES) {
            line(svg, "<line x1='%d' x2='%d' y1='20' y2='20' stroke='%s'", x, x + 26, one.colour());
            line(svg, " stroke-width='2' stroke-dasharray='%s'/>", one.dashes());
            line(svg, "<text x='%d' y='24'>%s</text>", x + 31, one.name());
            x += 76;
        }
    }

    private static double x(double perSecond, double most) {
        return LEFT + (WIDTH - LEFT - RIGHT) * perSecond / most;
    }

    private static double y(double milliseconds, int first, int last) {
        double share = (Math.log10(milliseconds) - first) / (last - first);
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
    }

    private static String decade(int power) {
        return power < 0
                ? Double.toString(Math.pow(10, power))
                : String.format(Locale.ROOT, "%,.0f", Math.pow(10, power));
    }

    /** 1, 2 or 5 times a power of ten, not below. */
    private static double nice(double step) {
        double power = Math.pow(10, Math.floor(Math.log10(step)));
        for (double factor : new double[] {1, 2, 5}) {
            if (step <= factor * power) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private static void line(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
