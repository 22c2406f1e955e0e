package org.hitotsu.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
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
        assertThat(Layouts.differences(btf, "hito_forward_record", Forward.SIZE, Forward.FIELDS))
                .isEmpty();
    }

    @Test
    void faultRecordIsLaidOutAsInC() {
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE, Fault.FIELDS))
                .isEmpty();
    }

    @Test
    void aWrongLayoutIsFound() {
        List<Field> right = Fault.FIELDS;
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE + 8, right))
                .hasSize(1);
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE, with(right, new Field("ip", 20, 8))))
                .singleElement()
                .asString()
                .contains("ip");
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE, with(right, new Field("ip", Fault.IP, 4))))
                .hasSize(1);
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE, right.subList(0, 6)))
                .hasSize(1);
        assertThat(Layouts.differences(btf, "hito_fault_record", Fault.SIZE, with(right, new Field("cpu", 40, 4))))
                .hasSize(1);
        assertThat(Layouts.differences(btf, "hito_no_record", 0, List.of())).hasSize(1);
    }

    private static List<Field> with(List<Field> fields, Field other) {
        List<Field> changed = new ArrayList<>(fields);
        changed.removeIf(field -> field.name().equals(other.name()));
        changed.add(other);
        return changed;
    }
}
