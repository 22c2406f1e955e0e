package org.hitotsu.forwarder.syscall;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hitotsu.forwarder.syscall.Payload.Direction;
import org.hitotsu.forwarder.syscall.Payload.LengthKind;
import org.jspecify.annotations.Nullable;

/** Parses the lines of a table; the format is described at the head of {@code x86_64.tbl}. */
final class SyscallTableParser {

    private static final Pattern LINE = Pattern.compile(
            "(\\d+)\\s+(\\w+)(?:\\[arg([0-5])(?:&(\\w+))?(!?=)(\\w+)])?\\s+(\\w+)\\s+(-|restart|timed)\\s+(\\S.*)");
    private static final Pattern PAYLOAD = Pattern.compile("(in|out|inout)\\(([0-5]),([a-z0-9* ]+?)(,result)?\\)");
    private static final Pattern LENGTH =
            Pattern.compile("(\\d+)|arg([0-5])(?:\\*(\\d+))?|string|msghdr|(bits|iovec|socklen) arg([0-5])");

    private SyscallTableParser() {}

    /** Parses one line; null if it holds no rule. */
    static SyscallTable.@Nullable Line line(String where, String text, int limit) {
        int comment = text.indexOf('#');
        String content = (comment < 0 ? text : text.substring(0, comment)).strip();
        if (content.isEmpty()) {
            return null;
        }
        Matcher line = LINE.matcher(content);
        if (!line.matches()) {
            throw new IllegalStateException(where + ": not a line of the table: " + content);
        }
        try {
            int number = Integer.parseInt(line.group(1));
            if (number >= limit) {
                throw new IllegalStateException(where + ": number " + number + " is beyond " + limit);
            }
            SyscallRule rule = new SyscallRule(
                    number,
                    line.group(2),
                    SyscallClass.valueOf(line.group(7).toUpperCase(Locale.ROOT)),
                    line.group(8).equals("restart"),
                    line.group(8).equals("timed"),
                    payloads(where, line.group(9)));
            if (line.group(3) == null) {
                return new SyscallTable.Line(rule, null);
            }
            long mask = line.group(4) == null ? -1 : Long.decode(line.group(4));
            long value = Long.decode(line.group(6));
            boolean negated = line.group(5).equals("!=");
            int argument = Integer.parseInt(line.group(3));
            return new SyscallTable.Line(rule, new SyscallTable.Variant(argument, mask, value, negated, rule));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(where + ": " + e.getMessage(), e);
        }
    }

    private static List<Payload> payloads(String where, String text) {
        List<Payload> payloads = new ArrayList<>();
        if (text.equals("-")) {
            return payloads;
        }
        Matcher payload = PAYLOAD.matcher(text);
        int at = 0;
        while (payload.lookingAt()) {
            payloads.add(payload(where, payload));
            at = payload.end();
            if (at == text.length() || text.charAt(at) != ',') {
                break;
            }
            payload.region(at + 1, text.length());
        }
        if (at != text.length()) {
            throw new IllegalStateException(where + ": not a payload: " + text.substring(at));
        }
        return payloads;
    }

    private static Payload payload(String where, Matcher payload) {
        int argument = Integer.parseInt(payload.group(2));
        Direction direction = Direction.valueOf(payload.group(1).toUpperCase(Locale.ROOT));
        boolean limited = payload.group(4) != null;
        Matcher length = LENGTH.matcher(payload.group(3));
        if (!length.matches()) {
            throw new IllegalStateException(where + ": not a length: " + payload.group(3));
        }
        if (length.group(1) != null) {
            return new Payload(argument, direction, LengthKind.FIXED, Integer.parseInt(length.group(1)), -1, limited);
        }
        if (length.group(2) != null) {
            int unit = length.group(3) == null ? 1 : Integer.parseInt(length.group(3));
            return new Payload(argument, direction, LengthKind.ARG, unit, Integer.parseInt(length.group(2)), limited);
        }
        String word = length.group(4) != null ? length.group(4) : length.group();
        int counter = length.group(5) != null ? Integer.parseInt(length.group(5)) : -1;
        return new Payload(argument, direction, LengthKind.valueOf(word.toUpperCase(Locale.ROOT)), 1, counter, limited);
    }
}
