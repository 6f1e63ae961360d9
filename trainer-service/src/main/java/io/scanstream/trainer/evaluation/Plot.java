package io.scanstream.trainer.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Lines and bars between two axes, as SVG inside a page. Lines differ in colour and in their dashes, so that they can be
 * told apart in grey; the legend stands below the frame; frame and text take the page's colour, light or dark.
 */
final class Plot {
    /** The side of a plot whose axes mean the same, in pixels. */
    static final int SQUARE = 220;

    private static final int LEFT = 56;
    private static final int RIGHT = 16;
    private static final int TOP = 30;
    private static final int BOTTOM = 44;
    private static final int LEGEND_LINE = 18;
    private static final int MOST_POINTS = 400;
    private static final int TICKS = 5;
    /** Okabe and Ito's palette (2008), which people who see few colours can tell apart as well. */
    private static final List<String> COLOURS =
            List.of("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#b8a800", "#7f7f7f", "#8c564b");

    private static final String RED = "#d62728";
    private static final List<String> DASHES =
            List.of("none", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2", "6 2 1 2");

    private final String title;
    private final Axis x;
    private final Axis y;
    private final int width;
    private final int height;
    private final List<Line> lines = new ArrayList<>();
    private final List<Bar> bars = new ArrayList<>();

    /** A point; one whose value is not finite is left out. */
    record Point(double x, double y) {}

    /**
     * What an axis shows.
     *
     * @param name with its unit, for people
     */
    record Axis(String name, double from, double to) {
        /** Of a share. */
        static Axis share(String name) {
            return new Axis(name, 0, 1);
        }

        /** From 0 to what holds every value. */
        static Axis holding(String name, List<Point> points) {
            double most = points.stream()
                    .mapToDouble(Point::y)
                    .filter(Double::isFinite)
                    .max()
                    .orElse(1);
            return new Axis(name, 0, Math.max(1e-12, most));
        }

        double along(double value) {
            return to == from ? 0.5 : (value - from) / (to - from);
        }
    }

    private record Line(String name, List<Point> points, String colour, String dashes) {}

    private record Bar(double from, double to, double height) {}

    /** A frame of so many pixels without what stands around it. */
    Plot(String title, Axis x, Axis y, int width, int height) {
        this.title = title;
        this.x = x;
        this.y = y;
        this.width = width;
        this.height = height;
    }

    Plot line(String name, List<Point> points) {
        int index = lines.size();
        lines.add(new Line(name, points, COLOURS.get(index % COLOURS.size()), DASHES.get(index % DASHES.size())));
        return this;
    }

    /** The one that matters most, in red. */
    Plot focus(String name, List<Point> points) {
        lines.add(new Line(name, points, RED, "none"));
        return this;
    }

    /** What the others are to be seen against. */
    Plot reference(String name, List<Point> points) {
        lines.add(new Line(name, points, "currentColor", "3 4"));
        return this;
    }

    /** A bar from the x axis up. */
    Plot bar(double from, double to, double top) {
        bars.add(new Bar(from, to, top));
        return this;
    }

    String svg() {
        int wide = LEFT + width + RIGHT;
        int tall = TOP + height + BOTTOM + LEGEND_LINE * lines.size();
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg width=\"%1$d\" height=\"%2$d\" viewBox=\"0 0 %1$d %2$d\" role=\"img\" aria-label=\"%3$s\""
                        + " font-size=\"12\"><text x=\"%4$d\" y=\"16\" font-weight=\"600\" fill=\"currentColor\">%3$s</text>",
                wide,
                tall,
                Html.escape(title),
                LEFT));
        axes(svg);
        for (Bar bar : bars) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#56b4e9\" fill-opacity=\".55\""
                            + " stroke=\"#0072b2\"/>",
                    px(bar.from()),
                    py(bar.height()),
                    px(bar.to()) - px(bar.from()),
                    py(y.from()) - py(bar.height())));
        }
        for (int i = 0; i < lines.size(); i++) {
            line(svg, lines.get(i), i);
        }
        return svg.append("</svg>\n").toString();
    }

    private void axes(StringBuilder svg) {
        for (double tick : ticks(x)) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%1$.1f %2$dv%3$d\" stroke=\"currentColor\" stroke-opacity=\".15\"/>"
                            + "<text x=\"%1$.1f\" y=\"%4$d\" text-anchor=\"middle\" fill=\"currentColor\">%5$s</text>",
                    px(tick),
                    TOP,
                    height,
                    TOP + height + 16,
                    plain(tick)));
        }
        for (double tick : ticks(y)) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%1$d %2$.1fh%3$d\" stroke=\"currentColor\" stroke-opacity=\".15\"/>"
                            + "<text x=\"%4$d\" y=\"%5$.1f\" text-anchor=\"end\" fill=\"currentColor\">%6$s</text>",
                    LEFT,
                    py(tick),
                    width,
                    LEFT - 6,
                    py(tick) + 4,
                    plain(tick)));
        }
        svg.append(String.format(
                Locale.ROOT,
                "<path d=\"M%1$d %2$dv%3$dh%4$d\" fill=\"none\" stroke=\"currentColor\"/>"
                        + "<text x=\"%5$d\" y=\"%6$d\" text-anchor=\"middle\" fill=\"currentColor\">%7$s</text>"
                        + "<text transform=\"translate(14 %8$d) rotate(-90)\" text-anchor=\"middle\""
                        + " fill=\"currentColor\">%9$s</text>",
                LEFT,
                TOP,
                height,
                width,
                LEFT + width / 2,
                TOP + height + 34,
                Html.escape(x.name()),
                TOP + height / 2,
                Html.escape(y.name())));
    }

    private void line(StringBuilder svg, Line line, int index) {
        int every = Math.max(1, line.points().size() / MOST_POINTS);
        List<Point> shown = new ArrayList<>();
        for (int i = 0; i < line.points().size(); i++) {
            Point point = line.points().get(i);
            if ((i % every == 0 || i == line.points().size() - 1) && Double.isFinite(point.y())) {
                shown.add(point);
            }
        }
        String points = shown.stream()
                .map(point -> String.format(Locale.ROOT, "%.1f,%.1f", px(point.x()), py(point.y())))
                .collect(Collectors.joining(" "));
        int legend = TOP + height + BOTTOM + LEGEND_LINE * index + 8;
        svg.append(String.format(
                Locale.ROOT,
                "<g fill=\"none\" stroke=\"%1$s\" stroke-width=\"1.8\" stroke-dasharray=\"%2$s\"><polyline points=\"%3$s\"/>"
                        + "<path d=\"M%4$d %5$dh28\"/></g><text x=\"%6$d\" y=\"%7$d\" fill=\"currentColor\">%8$s</text>",
                line.colour(),
                line.dashes(),
                points,
                LEFT,
                legend,
                LEFT + 36,
                legend + 4,
                Html.escape(line.name())));
        if (shown.size() == 1) {
            // A line of one point would not be seen.
            svg.append(String.format(
                    Locale.ROOT,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>",
                    px(shown.get(0).x()),
                    py(shown.get(0).y()),
                    line.colour()));
        }
    }

    private double px(double value) {
        return LEFT + width * x.along(value);
    }

    private double py(double value) {
        return TOP + height * (1 - y.along(value));
    }

    /** At round numbers: 1, 2 or 5 times a power of ten apart. */
    private static List<Double> ticks(Axis axis) {
        double span = axis.to() - axis.from();
        if (span <= 0) {
            return List.of(axis.from());
        }
        double rough = span / TICKS;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = rough / power <= 1
                ? power
                : rough / power <= 2 ? 2 * power : rough / power <= 5 ? 5 * power : 10 * power;
        List<Double> ticks = new ArrayList<>();
        for (double at = Math.ceil(axis.from() / step) * step; at <= axis.to() + 1e-9 * span; at += step) {
            ticks.add(at);
        }
        return ticks;
    }

    private static String plain(double value) {
        double rounded = Math.rint(value * 1e6) / 1e6;
        return rounded == Math.rint(rounded)
                ? Long.toString((long) rounded)
                : Double.toString(rounded).replaceFirst("^(-?)0\\.", "$1.");
    }
}
