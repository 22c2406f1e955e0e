package org.hitotsu.forwarder.syscall;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commented table of x86-64 system calls ({@code x86_64.tbl} beside this class) in memory.
 *
 * <p>Immutable, so any thread may ask. A lookup indexes an array and allocates nothing.
 */
public final class SyscallTable {

    /** Numbers the array covers; Linux 6.12 ends at 462. */
    private static final int LIMIT = 512;

    private static final SyscallRule UNKNOWN = new SyscallRule(
            -1, "unknown", SyscallClass.HOME, /* restartOnEintr= */ false, /* timed= */ false, List.of());

    /** The rules of one number: variants in the order of the file, and the rule when none of them holds. */
    private record Slot(Variant[] variants, SyscallRule rule) {}

    /** A rule that holds when {@code (args[argument] & mask) == value}, or differs from it if {@code negated}. */
    record Variant(int argument, long mask, long value, boolean negated, SyscallRule rule) {

        boolean holds(long[] args) {
            return ((args[argument] & mask) == value) != negated;
        }
    }

    /** One parsed line: a rule, and the condition of a variant. */
    record Line(SyscallRule rule, @Nullable Variant variant) {}

    private static final class Holder {
        static final SyscallTable X86_64 = load("x86_64.tbl");
    }

    private final Slot[] slots;

    private SyscallTable(Slot[] slots) {
        this.slots = slots;
    }

    /**
     * The table of x86-64.
     *
     * @throws IllegalStateException if the table in the jar is missing or malformed
     */
    public static SyscallTable x86_64() {
        return Holder.X86_64;
    }

    /**
     * The rule for a system call.
     *
     * @param number the number in rax; any value
     * @param args its six arguments, some of which choose between forms of the call
     * @return the rule; one of class {@code HOME} for a number the table does not know
     */
    public SyscallRule rule(long number, long[] args) {
        if (number < 0 || number >= LIMIT) {
            return UNKNOWN;
        }
        Slot slot = slots[(int) number];
        for (Variant variant : slot.variants) {
            if (variant.holds(args)) {
                return variant.rule;
            }
        }
        return slot.rule;
    }

    /**
     * The rule for a system call whatever its arguments: its variants are not looked at.
     *
     * @param number the number in rax; any value
     */
    public SyscallRule rule(long number) {
        return number < 0 || number >= LIMIT ? UNKNOWN : slots[(int) number].rule;
    }

    /** Whether the table has a line for this number. */
    public boolean knows(long number) {
        return rule(number) != UNKNOWN;
    }

    /** Every rule, by number, variants of a number before its rule without a condition. */
    public List<SyscallRule> rules() {
        List<SyscallRule> rules = new ArrayList<>();
        for (Slot slot : slots) {
            for (Variant variant : slot.variants) {
                rules.add(variant.rule);
            }
            if (slot.rule != UNKNOWN) {
                rules.add(slot.rule);
            }
        }
        return rules;
    }

    private static SyscallTable load(String resource) {
        try (InputStream in = SyscallTable.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(resource + " is missing from the jar");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            return parse(resource, reader.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Parses a table in the format its head describes.
     *
     * @param source what messages call it
     * @throws IllegalStateException naming the line, if one is malformed, doubled, or a variant without a plain rule
     */
    static SyscallTable parse(String source, List<String> text) {
        Slot[] slots = new Slot[LIMIT];
        Arrays.fill(slots, new Slot(new Variant[0], UNKNOWN));
        List<List<Variant>> variants = new ArrayList<>();
        for (int i = 0; i < LIMIT; i++) {
            variants.add(new ArrayList<>());
        }
        for (int i = 0; i < text.size(); i++) {
            String where = source + ":" + (i + 1);
            Line line = SyscallTableParser.line(where, text.get(i), LIMIT);
            if (line == null) {
                continue;
            }
            int number = line.rule().number();
            if (line.variant() != null) {
                variants.get(number).add(line.variant());
            } else if (slots[number].rule != UNKNOWN) {
                throw new IllegalStateException(where + ": number " + number + " has a rule already");
            } else {
                slots[number] = new Slot(new Variant[0], line.rule());
            }
        }
        for (int number = 0; number < LIMIT; number++) {
            if (variants.get(number).isEmpty()) {
                continue;
            }
            SyscallRule rule = slots[number].rule;
            for (Variant variant : variants.get(number)) {
                if (!variant.rule.name().equals(rule.name())) {
                    throw new IllegalStateException(
                            source + ": variant of " + variant.rule.name() + " under " + rule.name());
                }
            }
            slots[number] = new Slot(variants.get(number).toArray(new Variant[0]), rule);
        }
        return new SyscallTable(slots);
    }
}
