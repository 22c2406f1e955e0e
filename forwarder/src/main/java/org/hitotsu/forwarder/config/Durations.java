package org.hitotsu.forwarder.config;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as a user writes them. */
public final class Durations {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9})(ns|us|µs|ms|s)");

    private Durations() {}

    /**
     * Parses a whole number with its unit: {@code ns}, {@code us}, {@code ms} or {@code s}.
     *
     * @throws IllegalArgumentException with the cause, if it is none
     */
    public static Duration parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no time; write a whole number with ns, us, ms or s behind it, as in 500us");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ns" -> Duration.ofNanos(number);
            case "us", "µs" -> Duration.ofNanos(number * 1_000);
            case "ms" -> Duration.ofMillis(number);
            default -> Duration.ofSeconds(number);
        };
    }
}
