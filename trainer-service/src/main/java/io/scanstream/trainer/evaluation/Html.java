package io.scanstream.trainer.evaluation;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A page while it is written: one file without scripts and without addresses of others. */
public final class Html {
    private static final String STYLE = ":root{color-scheme:light dark;--ink:#222;--paper:#fff;--line:#ccc;--soft:#666}"
            + "@media(prefers-color-scheme:dark){:root{--ink:#e4e4e4;--paper:#161616;--line:#444;--soft:#a0a0a0}}"
            + "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:var(--ink);"
            + "background:var(--paper)}h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}"
            + "table{display:block;overflow-x:auto;border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}td,th{border:1px solid"
            + " var(--line);padding:.25rem .6rem;text-align:right;white-space:nowrap}th:first-child,td:first-child{text-align:left}"
            + ".facts td{text-align:left;white-space:normal}small{display:block;font-size:.8em;color:var(--soft)}"
            + "svg{margin:0 1rem .5rem 0;max-width:100%;font-family:inherit;vertical-align:top}.note{color:var(--soft)}"
            + "figure{display:inline-block;margin:.5rem;max-width:40rem;"
            + "font-size:12px;vertical-align:top}figure img{width:9rem;margin-right:.2rem;image-rendering:pixelated}";

    private final StringBuilder page = new StringBuilder();

    public Html(String title) {
        raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .text(title)
                .raw("</title>\n<style>" + STYLE + "</style></head>\n<body><h1>")
                .text(title)
                .raw("</h1>\n");
    }

    public Html raw(String html) {
        page.append(html);
        return this;
    }

    public Html text(String text) {
        return raw(escape(text));
    }

    /** Of a chapter; it begins with a capital, whatever the text begins with. */
    public void heading(String text) {
        raw("<h2>")
                .text(text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1))
                .raw("</h2>\n");
    }

    public void paragraph(String text) {
        raw("<p>").text(text).raw("</p>\n");
    }

    public void note(String text) {
        raw("<p class=\"note\">").text(text).raw("</p>\n");
    }

    /** Of rows that are a name and a text. */
    public void startFacts() {
        raw("<table class=\"facts\">\n");
    }

    public void startTable(List<String> heads) {
        raw("<table>\n");
        if (!heads.isEmpty()) {
            cells("th", heads);
        }
    }

    /**
     * A row.
     *
     * @param values from left to right; what follows a line feed stands below the rest, smaller
     */
    public void row(List<String> values) {
        cells("td", values);
    }

    public void endTable() {
        raw("</table>\n");
    }

    public String page() {
        return page + "\n</body></html>\n";
    }

    private void cells(String tag, List<String> values) {
        raw("<tr>");
        for (String value : values) {
            String[] lines = value.split("\n", 2);
            raw("<" + tag + ">").text(lines[0]);
            if (lines.length > 1) {
                raw("<small>").text(lines[1]).raw("</small>");
            }
            raw("</" + tag + ">");
        }
        raw("</tr>\n");
    }

    public static String figure(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }

    /** Of a figure that may not be defined. */
    public static String figureOrNothing(@Nullable Double value) {
        return value == null ? "" : figure(value);
    }

    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
