package io.scanstream.trainer.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lines in a frame, as SVG inside a page. */
final class Plot {
    private static final int MARGIN = 40;
    private static final int MOST_POINTS = 400;
    private static final List<String> COLOURS = List.of(
            "#1565c0", "#c62828", "#2e7d32", "#ef6c00", "#6a1b9a", "#00838f", "#ad1457", "#4e342e", "#9e9d24",
            "#455a64");

    private final String title;
    private final int width;
    private final int height;
    private final List<Line> lines = new ArrayList<>();

    /** A point; one whose value is not finite is left out. */
    record Point(double x, double y) {}

    private record Line(String name, List<Point> points, boolean dashed) {}

    /** A frame of so many pixels without its margins. */
    Plot(String title, int width, int height) {
        this.title = title;
        this.width = width;
        this.height = height;
    }

    Plot line(String name, List<Point> points) {
        lines.add(new Line(name, points, false));
        return this;
    }

    /** What the others are to be seen against. */
    Plot dashed(String name, List<Point> points) {
        lines.add(new Line(name, points, true));
        return this;
    }

    /** With axes from 0 to the largest value. */
    String svg(double xFrom, double xTo) {
        double top = lines.stream()
                .flatMap(line -> line.points().stream())
                .mapToDouble(Point::y)
                .filter(Double::isFinite)
                .max()
                .orElse(1);
        return svg(xFrom, xTo, Math.max(1e-12, top));
    }

    /** With a y axis from 0. */
    String svg(double xFrom, double xTo, double top) {
        StringBuilder svg = new StringBuilder();
        int legend = 16 * lines.size();
        svg.append(String.format(
                Locale.ROOT,
                "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"%s\" font-size=\"12\">",
                width + 2 * MARGIN,
                height + 2 * MARGIN + legend,
                Html.escape(title)));
        svg.append(String.format(
                Locale.ROOT,
                "<path d=\"M%1$d %1$dV%2$dH%3$d\" fill=\"none\" stroke=\"#999\"/><text x=\"%1$d\" y=\"20\">%4$s</text>"
                        + "<text x=\"2\" y=\"%5$d\">%6$.3f</text><text x=\"2\" y=\"%2$d\">0</text>"
                        + "<text x=\"%1$d\" y=\"%7$d\">%8$s</text><text x=\"%3$d\" y=\"%7$d\">%9$s</text>",
                MARGIN,
                MARGIN + height,
                MARGIN + width,
                Html.escape(title),
                MARGIN + 5,
                top,
                MARGIN + height + 14,
                plain(xFrom),
                plain(xTo)));
        for (int i = 0; i < lines.size(); i++) {
            line(svg, lines.get(i), i, xFrom, xTo, top);
        }
        return svg.append("</svg>\n").toString();
    }

    private void line(StringBuilder svg, Line line, int index, double xFrom, double xTo, double top) {
        StringBuilder points = new StringBuilder();
        int every = Math.max(1, line.points().size() / MOST_POINTS);
        for (int i = 0; i < line.points().size(); i++) {
            Point point = line.points().get(i);
            boolean shown = i % every == 0 || i == line.points().size() - 1;
            if (shown && Double.isFinite(point.y())) {
                double along = xTo == xFrom ? 0.5 : (point.x() - xFrom) / (xTo - xFrom);
                points.append(String.format(
                        Locale.ROOT, "%.1f,%.1f ", MARGIN + along * width, MARGIN + height * (1 - point.y() / top)));
            }
        }
        String colour = line.dashed() ? "#777" : COLOURS.get(index % COLOURS.size());
        svg.append(String.format(
                Locale.ROOT,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"%s/>"
                        + "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>",
                points.toString().trim(),
                colour,
                line.dashed() ? " stroke-dasharray=\"4\"" : "",
                MARGIN,
                MARGIN + height + 32 + 16 * index,
                colour,
                Html.escape(line.name())));
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.2f", value);
    }
}
