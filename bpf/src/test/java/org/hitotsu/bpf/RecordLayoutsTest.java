package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hitotsu.bpf.RecordLayouts.Fault;
import org.hitotsu.bpf.RecordLayouts.Field;
import org.hitotsu.bpf.RecordLayouts.Forward;
import org.hitotsu.bpf.btf.Btf;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The Java layouts against the C structs as the compiler laid them out, from the BTF of the object that is shipped. */
class RecordLayoutsTest {

    private static Btf btf;

    @BeforeAll
    static void readObject() {
        btf = Btf.ofObject(BpfSource.resource("observer").object());
    }

    @Test
    void forwardRecordIsLaidOutAsInC() {
        assertThat(differences("hito_forward_record", Forward.SIZE, Forward.FIELDS))
                .isEmpty();
    }

    @Test
    void faultRecordIsLaidOutAsInC() {
        assertThat(differences("hito_fault_record", Fault.SIZE, Fault.FIELDS)).isEmpty();
    }

    @Test
    void aWrongLayoutIsFound() {
        List<Field> right = Fault.FIELDS;
        assertThat(differences("hito_fault_record", Fault.SIZE + 8, right)).hasSize(1);
        assertThat(differences("hito_fault_record", Fault.SIZE, with(right, new Field("ip", 20, 8))))
                .singleElement()
                .asString()
                .contains("ip");
        assertThat(differences("hito_fault_record", Fault.SIZE, with(right, new Field("ip", Fault.IP, 4))))
                .hasSize(1);
        assertThat(differences("hito_fault_record", Fault.SIZE, right.subList(0, 6)))
                .hasSize(1);
        assertThat(differences("hito_fault_record", Fault.SIZE, with(right, new Field("cpu", 40, 4))))
                .hasSize(1);
        assertThat(differences("hito_no_record", 0, List.of())).hasSize(1);
    }

    private static List<Field> with(List<Field> fields, Field other) {
        List<Field> changed = new ArrayList<>(fields);
        changed.removeIf(field -> field.name().equals(other.name()));
        changed.add(other);
        return changed;
    }

    private static List<String> differences(String name, int size, List<Field> fields) {
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
