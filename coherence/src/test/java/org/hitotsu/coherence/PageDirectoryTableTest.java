package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each state of a page against each message: the table of {@link PageDirectory}, empty cells included. */
class PageDirectoryTableTest {

    private static final long P = 5;
    private static final int HOME = 1;

    private static final Map<String, Consumer<PageDirectory<String>>> STATES = new LinkedHashMap<>();
    private static final Map<String, Consumer<PageDirectory<String>>> EVENTS = new LinkedHashMap<>();

    private static void ask(PageDirectory<String> d, int node, Access access) {
        d.onRequest(node, P, 1, access, 0);
    }

    static {
        STATES.put("home", d -> {});
        STATES.put("MM_D from home", d -> ask(d, 2, Access.WRITE));
        STATES.put("MS_D from home", d -> ask(d, 2, Access.READ));
        STATES.put("M of 2", STATES.get("MM_D from home").andThen(d -> d.onRecallReply(HOME, P, false, "d")));
        STATES.put("S of 1 and 2", STATES.get("MS_D from home").andThen(d -> d.onRecallReply(HOME, P, true, "d")));
        STATES.put("MS_D from 2", STATES.get("M of 2").andThen(d -> ask(d, 3, Access.READ)));
        STATES.put("MM_D from 2", STATES.get("M of 2").andThen(d -> ask(d, 3, Access.WRITE)));
        STATES.put("S of 2 and 3", STATES.get("MS_D from 2").andThen(d -> d.onRecallReply(2, P, true, "d")));
        STATES.put("SS_D from 2", STATES.get("S of 2 and 3").andThen(d -> ask(d, 4, Access.READ)));
        STATES.put("SM_A of 2 for 3", STATES.get("S of 2 and 3").andThen(d -> ask(d, 3, Access.WRITE)));
        STATES.put("SM_AD of 2 and 3 for 4", STATES.get("S of 2 and 3").andThen(d -> ask(d, 4, Access.WRITE)));
        STATES.put("SM_A of 1 for 2", STATES.get("S of 1 and 2").andThen(d -> ask(d, 2, Access.WRITE)));
        STATES.put("L of 2", STATES.get("M of 2").andThen(d -> d.lockRange(P, 1, RangeUse.WRITEBACK, 7)));
        STATES.put("L of 2, discard", STATES.get("M of 2").andThen(d -> d.lockRange(P, 1, RangeUse.DISCARD, 7)));
        STATES.put(
                "L of 2, recalled", STATES.get("MM_D from 2").andThen(d -> d.lockRange(P, 1, RangeUse.WRITEBACK, 7)));
        STATES.put("L of 2 and 3", STATES.get("S of 2 and 3").andThen(d -> d.lockRange(P, 1, RangeUse.WRITEBACK, 7)));
        STATES.put("L homing", d -> d.lockRange(P, 1, RangeUse.WRITEBACK, 7));
        STATES.put("L ready", STATES.get("L homing").andThen(d -> d.onRangeReply(HOME, 1)));

        for (int node = 1; node <= 3; node++) {
            int n = node;
            EVENTS.put(n + " asks READ", d -> ask(d, n, Access.READ));
            EVENTS.put(n + " asks WRITE", d -> ask(d, n, Access.WRITE));
            EVENTS.put(n + " kept data", d -> d.onRecallReply(n, P, true, "d"));
            EVENTS.put(n + " kept", d -> d.onRecallReply(n, P, true, null));
            EVENTS.put(n + " gone data", d -> d.onRecallReply(n, P, false, "d"));
            EVENTS.put(n + " gone", d -> d.onRecallReply(n, P, false, null));
            EVENTS.put(n + " denied", d -> d.onDenied(n, P, 11));
            EVENTS.put(n + " writeback", d -> d.onWriteback(n, P, "d"));
            EVENTS.put(n + " range reply", d -> d.onRangeReply(n, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "home: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE",
                "MS_D from home: 1 asks READ, 1 asks WRITE, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 1 kept data, 1 denied",
                "MM_D from home: 1 asks READ, 1 asks WRITE, 3 asks READ, 3 asks WRITE, 1 gone data, 1 denied",
                "M of 2: 1 asks READ, 1 asks WRITE, 3 asks READ, 3 asks WRITE",
                "S of 1 and 2: 1 asks READ, 1 asks WRITE, 2 asks WRITE, 3 asks READ, 3 asks WRITE",
                "MS_D from 2: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks WRITE, 2 kept data",
                "MM_D from 2: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 2 gone data",
                "S of 2 and 3: 1 asks READ, 1 asks WRITE, 2 asks WRITE, 3 asks WRITE",
                "SS_D from 2: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 2 kept data",
                "SM_A of 2 for 3: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 2 gone",
                "SM_AD of 2 and 3 for 4: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ,"
                        + " 3 asks WRITE, 2 gone data, 3 gone",
                "SM_A of 1 for 2: 1 asks READ, 1 asks WRITE, 3 asks READ, 3 asks WRITE, 1 gone, 1 denied",
                "L of 2: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 2 writeback",
                "L of 2, discard: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 2 range reply",
                "L of 2, recalled: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 2 gone data",
                "L of 2 and 3: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 3 gone data, 2 range reply, 3 range reply",
                "L homing: 1 asks READ, 1 asks WRITE, 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE,"
                        + " 1 range reply",
                "L ready: 2 asks READ, 2 asks WRITE, 3 asks READ, 3 asks WRITE",
            })
    void only(String row) {
        String state = row.substring(0, row.indexOf(':'));
        List<String> legal = new ArrayList<>();
        for (Map.Entry<String, Consumer<PageDirectory<String>>> event : EVENTS.entrySet()) {
            PageDirectory<String> directory = new PageDirectory<>(HOME, new RecordedDirectoryActions(), 1);
            STATES.get(state).accept(directory);
            try {
                event.getValue().accept(directory);
                legal.add(event.getKey());
            } catch (ProtocolException e) {
                assertThat(e).hasMessageContaining("state").hasMessageContaining("node");
            }
        }
        assertThat(new TreeSet<>(legal))
                .isEqualTo(new TreeSet<>(
                        List.of(row.substring(row.indexOf(':') + 2).split(", "))));
    }
}
