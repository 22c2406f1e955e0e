package org.hitotsu.bpf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.bpf.RecordLayouts.Field;
import org.hitotsu.bpf.btf.Btf;

/** Compares layouts as Java has them with those of the compiler. */
final class Layouts {

    private Layouts() {}

    /** What differs, a line each; empty if nothing does. */
    static List<String> differences(Btf btf, String name, int size, List<Field> fields) {
        List<String> found = new ArrayList<>();
        Btf.Struct struct = btf.struct(name);
        if (struct == null) {
            return List.of("no struct " + name);
        }
        if (struct.size() != size) {
            found.add(name + ": size " + struct.size() + " in C, " + size + " in Java");
        }
        Map<String, Field> java = new LinkedHashMap<>();
        fields.forEach(field -> java.put(field.name(), field));
        for (Btf.Field c : struct.fields()) {
            Field same = java.remove(c.name());
            if (!new Field(c.name(), c.offset(), c.size()).equals(same)) {
                found.add(name + ": " + c + " in C, " + same + " in Java");
            }
        }
        java.values().forEach(extra -> found.add(name + ": " + extra + " is not in C"));
        return found;
    }
}
