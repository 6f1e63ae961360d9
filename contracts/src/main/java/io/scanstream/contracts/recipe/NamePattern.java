package io.scanstream.contracts.recipe;

import java.util.regex.Pattern;

/** Parameters by name, as recipes write it: {@code *} stands for any characters, all others for themselves. */
public final class NamePattern {
    private final Pattern pattern;

    private NamePattern(Pattern pattern) {
        this.pattern = pattern;
    }

    public static NamePattern of(String text) {
        return new NamePattern(Pattern.compile(Pattern.quote(text).replace("*", "\\E.*\\Q")));
    }

    public boolean matches(String name) {
        return pattern.matcher(name).matches();
    }
}
