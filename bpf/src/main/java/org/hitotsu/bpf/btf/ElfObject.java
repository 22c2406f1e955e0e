package org.hitotsu.bpf.btf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sections and symbols of a 64-bit relocatable ELF file (System V gABI, chapter 4). Immutable. */
public final class ElfObject {

    private static final int MAGIC = 0x464c457f;
    private static final int CLASS_64 = 2;
    private static final int TYPE_SYMTAB = 2;
    private static final int TYPE_NOBITS = 8;
    private static final int SYMBOL_BYTES = 24;

    /**
     * A symbol that is defined in a section.
     *
     * @param section the section's name
     * @param offset in the section, bytes
     * @param size bytes
     */
    public record Symbol(String name, String section, long offset, long size) {}

    private record Section(String name, int type, long offset, long size, int link) {}

    private final ByteBuffer file;
    private final List<Section> sections = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();

    /**
     * @throws IllegalArgumentException if it is not a 64-bit ELF file, or is cut short
     */
    public ElfObject(byte[] bytes) {
        file = ByteBuffer.wrap(bytes);
        if (bytes.length < 64 || file.order(ByteOrder.LITTLE_ENDIAN).getInt(0) != MAGIC || bytes[4] != CLASS_64) {
            throw new IllegalArgumentException("not a 64-bit ELF file");
        }
        file.order(bytes[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        try {
            readSections();
            for (Section section : sections) {
                if (section.type == TYPE_SYMTAB) {
                    readSymbols(section);
                }
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the ELF file is cut short", e);
        }
    }

    private void readSections() {
        int table = Math.toIntExact(file.getLong(0x28));
        int entry = Short.toUnsignedInt(file.getShort(0x3a));
        int count = Short.toUnsignedInt(file.getShort(0x3c));
        int names = Short.toUnsignedInt(file.getShort(0x3e));
        int nameTable = Math.toIntExact(file.getLong(table + names * entry + 0x18));
        for (int i = 0; i < count; i++) {
            int at = table + i * entry;
            sections.add(new Section(
                    string(nameTable + file.getInt(at)),
                    file.getInt(at + 4),
                    file.getLong(at + 0x18),
                    file.getLong(at + 0x20),
                    file.getInt(at + 0x28)));
        }
    }

    private void readSymbols(Section table) {
        int names = Math.toIntExact(sections.get(table.link).offset);
        int end = Math.toIntExact(table.offset + table.size);
        for (int at = Math.toIntExact(table.offset); at < end; at += SYMBOL_BYTES) {
            int section = Short.toUnsignedInt(file.getShort(at + 6));
            // Index 0 is undefined, and the reserved indices are beyond the table.
            if (section > 0 && section < sections.size()) {
                symbols.add(new Symbol(
                        string(names + file.getInt(at)),
                        sections.get(section).name,
                        file.getLong(at + 8),
                        file.getLong(at + 16)));
            }
        }
    }

    /** The bytes of the first section with this name; null if there is none or it occupies no space in the file. */
    public @Nullable ByteBuffer section(String name) {
        for (Section section : sections) {
            if (section.name.equals(name) && section.type != TYPE_NOBITS) {
                return file.slice(Math.toIntExact(section.offset), Math.toIntExact(section.size))
                        .order(file.order());
            }
        }
        return null;
    }

    /** The symbol with this name, or null. */
    public @Nullable Symbol symbol(String name) {
        for (Symbol symbol : symbols) {
            if (symbol.name.equals(name)) {
                return symbol;
            }
        }
        return null;
    }

    private String string(int at) {
        int end = at;
        while (file.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        file.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
