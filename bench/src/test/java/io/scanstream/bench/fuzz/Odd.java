package io.scanstream.bench.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Values that a careful client would not send, each as likely as the next. The same seed gives the same ones. */
final class Odd {
    /** In every file name and every subject that is sent; no log may have it. */
    static final String MARK = "jane-doe-1959";

    private static final int SHOWN = 500;

    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "null",
            "undefined",
            "NaN",
            "-1",
            "0",
            "1e999999",
            "99999999999999999999999999",
            "-0.0",
            "0x7f",
            "2147483648",
            "9223372036854775808",
            "true",
            "[]",
            "{}",
            "..",
            ".",
            "../../../etc/passwd",
            "..\\..\\boot.ini",
            "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            "%00",
            "%0d%0aX-Injected: 1",
            "%",
            "%zz",
            "%c0%af",
            "%ff%fe",
            ";x=1",
            "a;b",
            "//",
            "///",
            "/",
            "\\",
            "'",
            "\"",
            "' OR 1=1 --",
            "<script>alert(1)</script>",
            "${jndi:ldap://127.0.0.1:1/x}",
            "#{7*7}",
            "{{7*7}}",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "\u202e\u0000\ufffe",
            "é\u0301\u0308",
            "\ud83e\udda0",
            "İıſ",
            "ａｄｍｉｎ",
            MARK,
            MARK + ".png",
            "x".repeat(300),
            "x".repeat(9000),
            "champion",
            "demo-cnn",
            "fuzz",
            "1",
            "7",
            "0198c0de-0000-7000-8000-000000000000",
            "20260101-000000-00000001",
            "2026-11-20T19:30:00Z",
            "+999999999-12-31T23:59:59.999999999Z",
            "wait=0",
            "epoch-7",
            "epoch--1",
            "image/png",
            "*/*",
            "text/html;q=0",
            ";;;",
            "a/b/c",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=x",
            "application/json",
            "application/zip");

    private final Random random;

    Odd(long seed) {
        this.random = new Random(seed);
    }

    boolean oneIn(int many) {
        return random.nextInt(many) == 0;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    <T> T of(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    String text() {
        return of(TEXTS);
    }

    /** In the place of a header's value or a part of an address: the bytes that go over the wire. */
    String wire() {
        String text = text();
        StringBuilder escaped = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            boolean isPlain = each > ' ' && each < 127;
            // Now and then as it is, which HTTP does not allow.
            escaped.append(isPlain || oneIn(10) ? String.valueOf((char) (each & 0xff)) : String.format("%%%02x", each));
        }
        return escaped.toString().replace("\r", "").replace("\n", "");
    }

    byte[] bytes(int most) {
        byte[] bytes = new byte[random.nextInt(most + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Good bytes with some of them changed, cut or repeated. */
    byte[] broken(byte[] good) {
        byte[] bytes = java.util.Arrays.copyOf(good, oneIn(3) ? random.nextInt(good.length + 1) : good.length);
        for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    /** JSON, or nearly. */
    byte[] json(List<String> fields) {
        if (oneIn(20)) {
            String deep = of(List.of("[", "{\"a\":", "[{\"a\":[")).repeat(1 + random.nextInt(20_000));
            return deep.getBytes(StandardCharsets.UTF_8);
        }
        String json = value(fields, 3);
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return oneIn(3) ? broken(bytes) : bytes;
    }

    private String value(List<String> fields, int depth) {
        return switch (depth == 0 ? random.nextInt(4) : random.nextInt(7)) {
            case 0 -> '"' + text().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            case 1 ->
                of(List.of("0", "-1", "1.5", "1e400", "1e-400", "9".repeat(400), "9223372036854775808", "01", "NaN"));
            case 2 -> of(List.of("null", "true", "false", "nul", "\"\\ud800\"", "\"\u0001\""));
            case 3 -> "[" + "1,".repeat(random.nextInt(50)) + "1]";
            case 4 -> "[" + value(fields, depth - 1) + "," + value(fields, depth - 1) + "]";
            default -> object(fields, depth);
        };
    }

    private String object(List<String> fields, int depth) {
        StringBuilder object = new StringBuilder("{");
        for (int i = random.nextInt(6); i >= 0; i--) {
            object.append('"')
                    .append(oneIn(8) ? "odd" : of(fields))
                    .append("\":")
                    .append(value(fields, depth - 1))
                    .append(i == 0 ? "" : ",");
        }
        return object.append('}').toString();
    }

    /** The beginning of some bytes, in letters that every terminal shows. */
    static String shown(byte[] bytes) {
        String text = new String(bytes, 0, Math.min(bytes.length, SHOWN), StandardCharsets.ISO_8859_1);
        return text.replace("\r\n", " | ").replaceAll("[^ -~]", "?");
    }
}
