package org.hitotsu.bpf.btf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Type information in BTF: sizes and field offsets of C structs. The format is that of Documentation/bpf/btf.rst: a
 * header, then the types one behind the other, whose ids count from 1, then the strings. Types are indexed when it is
 * parsed and decoded when asked for, since a kernel has more than a hundred thousand. Immutable.
 */
public final class Btf {

    /** The running kernel's types. */
    public static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");

    private static final int MAGIC = 0xeb9f;
    private static final int COMMON_BYTES = 12;

    private static final int INT = 1;
    private static final int PTR = 2;
    private static final int ARRAY = 3;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int TYPEDEF = 8;
    private static final int VOLATILE = 9;
    private static final int CONST = 10;
    private static final int RESTRICT = 11;
    private static final int FUNC_PROTO = 13;
    private static final int VAR = 14;
    private static final int DATASEC = 15;
    private static final int FLOAT = 16;
    private static final int DECL_TAG = 17;
    private static final int TYPE_TAG = 18;
    private static final int ENUM64 = 19;

    /**
     * A field of a struct or union.
     *
     * @param name "" for an anonymous struct or union
     * @param offset bytes from the start of the struct
     * @param size bytes
     * @param type id of its type
     */
    public record Field(String name, int offset, int size, int type) {}

    /**
     * A struct or union.
     *
     * @param size bytes, padding included
     * @param fields in the order of declaration; bit-fields are left out
     */
    public record Struct(String name, int size, List<Field> fields) {}

    private final ByteBuffer data;
    private final int strings;
    private int[] types = new int[1024];
    private int count = 1;

    private Btf(ByteBuffer data) {
        this.data = data.slice();
        this.data.order(ByteOrder.LITTLE_ENDIAN);
        if (Short.toUnsignedInt(this.data.getShort(0)) != MAGIC) {
            this.data.order(ByteOrder.BIG_ENDIAN);
        }
        if (Short.toUnsignedInt(this.data.getShort(0)) != MAGIC) {
            throw new IllegalArgumentException("not BTF");
        }
        int header = this.data.getInt(4);
        int at = header + this.data.getInt(8);
        int end = at + this.data.getInt(12);
        strings = header + this.data.getInt(16);
        while (at < end) {
            if (count == types.length) {
                types = Arrays.copyOf(types, count * 2);
            }
            types[count] = at;
            at += COMMON_BYTES + extraBytes(count);
            count++;
        }
    }

    /**
     * Raw BTF.
     *
     * @throws IllegalArgumentException if it is not BTF or is cut short
     */
    public static Btf parse(ByteBuffer data) {
        try {
            return new Btf(data);
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the BTF is cut short", e);
        }
    }

    /**
     * The .BTF section of an object file.
     *
     * @throws IllegalArgumentException if it has none
     */
    public static Btf ofObject(byte[] elf) {
        ByteBuffer section = new ElfObject(elf).section(".BTF");
        if (section == null) {
            throw new IllegalArgumentException("the object has no BTF; compile it with -g");
        }
        return parse(section);
    }

    /** The running kernel's types: some 5 MB are read. */
    public static Btf kernel() throws IOException {
        return parse(ByteBuffer.wrap(Files.readAllBytes(KERNEL)));
    }

    /** The first struct or union with this name, or null. */
    public @Nullable Struct struct(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int id = 1; id < count; id++) {
            int kind = kind(id);
            if ((kind == STRUCT || kind == UNION) && named(id, wanted)) {
                return decodeStruct(id);
            }
        }
        return null;
    }

    /**
     * Where a field is, in bytes from the start of the struct. The path goes through nested structs by dots, and
     * through anonymous ones without naming them.
     *
     * @param path e.g. {@code thread_info.flags}
     * @throws IllegalArgumentException if there is no such struct or field
     */
    public int offsetOf(String struct, String path) {
        Struct in = struct(struct);
        int offset = 0;
        String[] names = path.split("\\.", -1);
        for (int i = 0; i < names.length; i++) {
            Field field = in == null ? null : find(in, names[i]);
            if (field == null) {
                throw new IllegalArgumentException("no field " + path + " in struct " + struct);
            }
            offset += field.offset;
            if (i < names.length - 1) {
                in = structOf(field.type);
            }
        }
        return offset;
    }

    private @Nullable Field find(Struct struct, String name) {
        for (Field field : struct.fields) {
            if (field.name.equals(name)) {
                return field;
            }
            Struct inner = field.name.isEmpty() ? structOf(field.type) : null;
            Field found = inner == null ? null : find(inner, name);
            if (found != null) {
                return new Field(name, field.offset + found.offset, found.size, found.type);
            }
        }
        return null;
    }

    private @Nullable Struct structOf(int type) {
        int id = strip(type);
        return kind(id) == STRUCT || kind(id) == UNION ? decodeStruct(id) : null;
    }

    private Struct decodeStruct(int id) {
        int at = types[id];
        // The kind flag says that bit-fields occur: the upper byte of each offset is then the field's width in bits.
        boolean bitfields = data.getInt(at + 4) < 0;
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < vlen(id); i++) {
            int member = at + COMMON_BYTES + i * 12;
            int type = data.getInt(member + 4);
            int bits = data.getInt(member + 8);
            if (bitfields && bits >>> 24 != 0) {
                continue;
            }
            fields.add(new Field(
                    string(data.getInt(member)), (bits & (bitfields ? 0xffffff : -1)) / 8, sizeOf(type), type));
        }
        return new Struct(string(data.getInt(at)), data.getInt(at + 8), List.copyOf(fields));
    }

    /** Bytes a value of this type takes; 0 for void and functions. */
    public int sizeOf(int type) {
        int id = strip(type);
        return switch (kind(id)) {
            case INT, STRUCT, UNION, ENUM, ENUM64, FLOAT -> data.getInt(types[id] + 8);
            case PTR -> 8;
            case ARRAY -> sizeOf(data.getInt(types[id] + COMMON_BYTES)) * data.getInt(types[id] + COMMON_BYTES + 8);
            default -> 0;
        };
    }

    private int strip(int type) {
        int id = type;
        while (true) {
            switch (kind(id)) {
                case TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG -> id = data.getInt(types[id] + 8);
                default -> {
                    return id;
                }
            }
        }
    }

    private int kind(int id) {
        return id == 0 ? 0 : data.getInt(types[id] + 4) >>> 24 & 0x1f;
    }

    private int vlen(int id) {
        return data.getInt(types[id] + 4) & 0xffff;
    }

    private int extraBytes(int id) {
        int kind = kind(id);
        if (kind == 0 || kind > ENUM64) {
            // One kind of unknown length would put every later type out of step.
            throw new IllegalArgumentException("BTF kind " + kind + " is not known");
        }
        return switch (kind) {
            case INT, VAR, DECL_TAG -> 4;
            case ARRAY -> 12;
            case STRUCT, UNION, DATASEC, ENUM64 -> 12 * vlen(id);
            case ENUM, FUNC_PROTO -> 8 * vlen(id);
            default -> 0;
        };
    }

    private boolean named(int id, byte[] name) {
        int at = strings + data.getInt(types[id]);
        for (byte b : name) {
            if (data.get(at++) != b) {
                return false;
            }
        }
        return data.get(at) == 0;
    }

    private String string(int offset) {
        int at = strings + offset;
        int end = at;
        while (data.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - at];
        data.get(at, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
