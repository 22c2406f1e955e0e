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

/** Each state of a page against each message and completion: the table of {@link PageCache}, empty cells included. */
class PageCacheTableTest {

    private static final long P = 5;

    /** How a page comes into a state, from nothing. */
    private static final Map<String, Consumer<PageCache<String>>> STATES = new LinkedHashMap<>();

    private static final Map<String, Consumer<PageCache<String>>> EVENTS = new LinkedHashMap<>();

    private static void fault(PageCache<String> c, Access access) {
        c.onFault(P, access, 0);
    }

    /** Away from the origin: gives this node the page. */
    private static void have(PageCache<String> c, Access access) {
        fault(c, access);
        c.onGrant(P, access, "d", 0);
        c.onInstalled(P, 0);
    }

    private static void recall(PageCache<String> c, boolean invalidate, boolean needData) {
        // Long after any hold.
        c.onRecall(P, invalidate, needData, 1_000_000);
    }

    static {
        STATES.put("I", c -> {});
        STATES.put("I asked READ", c -> fault(c, Access.READ));
        STATES.put("I asked WRITE", c -> fault(c, Access.WRITE));
        STATES.put("S", c -> have(c, Access.READ));
        STATES.put("S asked WRITE", c -> {
            have(c, Access.READ);
            fault(c, Access.WRITE);
        });
        STATES.put("M", c -> have(c, Access.WRITE));
        STATES.put("IS_I", c -> {
            fault(c, Access.READ);
            c.onGrant(P, Access.READ, "d", 0);
        });
        STATES.put("IM_I", c -> {
            fault(c, Access.WRITE);
            c.onGrant(P, Access.WRITE, "d", 0);
        });
        STATES.put("SM_U", c -> {
            have(c, Access.READ);
            fault(c, Access.WRITE);
            c.onGrant(P, Access.WRITE, null, 0);
        });
        STATES.put("MS_X", c -> {
            have(c, Access.WRITE);
            recall(c, false, true);
        });
        STATES.put("SS_X", c -> {
            have(c, Access.READ);
            recall(c, false, true);
        });
        STATES.put("MI_X", c -> {
            have(c, Access.WRITE);
            recall(c, true, true);
        });
        STATES.put("SI_X", c -> {
            have(c, Access.READ);
            recall(c, true, true);
        });
        STATES.put("SI_R", c -> {
            have(c, Access.READ);
            recall(c, true, false);
        });
        STATES.put("MI_R range", c -> {
            have(c, Access.WRITE);
            c.onRangeInvalidate(P, 1, false, 1, 0);
        });
        STATES.put("MI_X range", c -> {
            have(c, Access.WRITE);
            c.onRangeInvalidate(P, 1, true, 1, 0);
        });
        STATES.put("IS_I recalled", c -> {
            STATES.get("IS_I").accept(c);
            recall(c, true, false);
        });

        EVENTS.put("grant READ data", c -> c.onGrant(P, Access.READ, "d", 0));
        EVENTS.put("grant READ", c -> c.onGrant(P, Access.READ, null, 0));
        EVENTS.put("grant WRITE data", c -> c.onGrant(P, Access.WRITE, "d", 0));
        EVENTS.put("grant WRITE", c -> c.onGrant(P, Access.WRITE, null, 0));
        EVENTS.put("decline", c -> c.onDecline(P, 1, 0));
        EVENTS.put("deny READ", c -> c.onDeny(P, Access.READ, 1, 0));
        EVENTS.put("deny WRITE", c -> c.onDeny(P, Access.WRITE, 1, 0));
        EVENTS.put("recall share", c -> recall(c, false, false));
        EVENTS.put("recall share data", c -> recall(c, false, true));
        EVENTS.put("recall invalidate", c -> recall(c, true, false));
        EVENTS.put("recall invalidate data", c -> recall(c, true, true));
        EVENTS.put("restore", c -> c.onRestore(P, "d", 0));
        EVENTS.put("range away", c -> c.onRangeInvalidate(P, 1, true, 2, 0));
        EVENTS.put("range home", c -> c.onRangeHome(P, 1, true, 2, 0));
        EVENTS.put("installed", c -> c.onInstalled(P, 0));
        EVENTS.put("extracted", c -> c.onExtracted(P, "d", 0));
        EVENTS.put("extract denied", c -> c.onExtractDenied(P, 1, 0));
        EVENTS.put("dropped", c -> c.onDropped(P, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "I: range away",
                "I asked READ: grant READ data, deny READ, range away",
                "I asked WRITE: grant WRITE data, deny WRITE, range away",
                "S: recall share data, recall invalidate, recall invalidate data, range away",
                "S asked WRITE: grant WRITE, deny WRITE, recall share data, recall invalidate, recall invalidate data,"
                        + " range away",
                "M: recall share data, recall invalidate data, range away",
                "IS_I: recall share data, recall invalidate, recall invalidate data, range away, installed",
                "IM_I: recall share data, recall invalidate data, range away, installed",
                "SM_U: recall share data, recall invalidate data, range away, installed",
                "MS_X: range away, extracted",
                "SS_X: range away, extracted",
                "MI_X: range away, extracted",
                "SI_X: range away, extracted",
                "SI_R: range away, dropped",
                "MI_R range: dropped",
                "MI_X range: extracted",
                "IS_I recalled: range away, installed",
            })
    void awayFromTheOrigin(String row) {
        assertRow(row, false, STATES.get(state(row)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "M: recall share data, recall invalidate data, range away, range home",
                "MS_X: range away, extracted, extract denied",
                "S: recall share data, recall invalidate, recall invalidate data, range away, range home",
                "S asked WRITE: grant WRITE, deny WRITE, recall share data, recall invalidate, recall invalidate data,"
                        + " range away, range home",
                "SI_R: range away, dropped, extract denied",
                "SI_X: range away, extracted, extract denied",
                "SS_X: range away, extracted, extract denied",
                "MI_X: range away, extracted, extract denied",
                "I: recall share data, recall invalidate data, restore, range away, range home",
                "I asked READ: grant READ data, grant WRITE, deny READ, recall share data, recall invalidate data,"
                        + " restore, range away, range home",
                "IS_I restored: recall share data, recall invalidate, recall invalidate data, range away, range home,"
                        + " installed",
                "IS_I restored, asked READ: grant WRITE, deny READ, recall share data, recall invalidate,"
                        + " recall invalidate data, range away, range home, installed",
                "S asked READ: grant READ, grant WRITE, deny READ, recall share data, recall invalidate,"
                        + " recall invalidate data, range away, range home",
                "M asked READ: grant WRITE, deny READ, recall share data, recall invalidate data, range away, range home",
            })
    void atTheOrigin(String row) {
        Map<String, Consumer<PageCache<String>>> states = new LinkedHashMap<>();
        states.put("M", c -> {});
        states.put("MS_X", c -> recall(c, false, true));
        states.put("S", c -> {
            recall(c, false, true);
            c.onExtracted(P, "d", 0);
        });
        states.put("S asked WRITE", states.get("S").andThen(c -> fault(c, Access.WRITE)));
        states.put("SI_R", states.get("S").andThen(c -> recall(c, true, false)));
        states.put("SI_X", states.get("S").andThen(c -> recall(c, true, true)));
        states.put("SS_X", states.get("S").andThen(c -> recall(c, false, true)));
        states.put("MI_X", c -> recall(c, true, true));
        states.put("I", states.get("MI_X").andThen(c -> c.onExtracted(P, "d", 0)));
        states.put("I asked READ", states.get("I").andThen(c -> fault(c, Access.READ)));
        states.put("IS_I restored", states.get("I").andThen(c -> c.onRestore(P, "d", 0)));
        states.put("IS_I restored, asked READ", states.get("I asked READ").andThen(c -> c.onRestore(P, "d", 0)));
        states.put("S asked READ", states.get("IS_I restored, asked READ").andThen(c -> c.onInstalled(P, 0)));
        states.put("M asked READ", states.get("I asked READ").andThen(c -> {
            recall(c, true, true);
            c.onExtractDenied(P, 1, 0);
        }));
        assertRow(row, true, states.get(state(row)));
    }

    private static String state(String row) {
        return row.substring(0, row.indexOf(':'));
    }

    private static void assertRow(String row, boolean origin, Consumer<PageCache<String>> reach) {
        List<String> legal = new ArrayList<>();
        for (Map.Entry<String, Consumer<PageCache<String>>> event : EVENTS.entrySet()) {
            PageCache<String> cache =
                    new PageCache<>(9, origin, new CacheOptions(100, 1, 1), new RecordedCacheActions());
            reach.accept(cache);
            try {
                event.getValue().accept(cache);
                legal.add(event.getKey());
            } catch (ProtocolException e) {
                assertThat(e.page()).isEqualTo(P);
                assertThat(e.node()).isEqualTo(9);
            }
        }
        assertThat(new TreeSet<>(legal))
                .isEqualTo(new TreeSet<>(
                        List.of(row.substring(row.indexOf(':') + 2).split(", "))));
    }
}
