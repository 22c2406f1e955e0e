package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StockLayoutTest {

    private static final Path HEADER = Path.of("src", "main", "c", "agent.h");
    private static final Pattern DEFINE = Pattern.compile("(?m)^#define +(\\w+) +(\\S.*)$");

    /** The header's constants; sums of numbers and of constants before them are all it uses. */
    private static Map<String, Long> header() throws IOException {
        String text = Files.readString(HEADER).replaceAll("(?s)/\\*.*?\\*/", "");
        Map<String, Long> values = new LinkedHashMap<>();
        Matcher define = DEFINE.matcher(text);
        while (define.find()) {
            long sum = 0;
            for (String term : define.group(2).strip().replaceAll("[()]", "").split("\\+")) {
                String word = term.strip();
                Long known = values.get(word);
                sum += known != null ? known : Long.decode(word);
            }
            values.put(define.group(1), sum);
        }
        return values;
    }

    @Test
    void everyConstantIsInBothPlaces() throws Exception {
        Map<String, Long> java = new TreeMap<>();
        for (Field field : StockLayout.class.getDeclaredFields()) {
            if (!field.isSynthetic()) {
                java.put(field.getName(), ((Number) field.get(null)).longValue());
            }
        }
        assertThat(java).containsExactlyInAnyOrderEntriesOf(header());
    }

    @Test
    void nothingInASlotOverlaps() {
        int box = StockLayout.BOX_AUX + 8;
        assertThat(StockLayout.BOX_ARGS + 6 * 8).isLessThanOrEqualTo(StockLayout.BOX_RESULT);
        assertThat(box).isLessThanOrEqualTo(StockLayout.SHADOW_GO);
        assertThat(StockLayout.SHADOW_ERRNO + 8).isLessThanOrEqualTo(StockLayout.BOX_RANGES);
        assertThat(StockLayout.BOX_RANGES + 16 * StockLayout.BOX_MAX_RANGES)
                .isLessThanOrEqualTo(StockLayout.CONTROL_SLOTS * StockLayout.SLOT_SIZE);
        assertThat(StockLayout.SHADOW_FILTER + SeccompFilters.shadow().length() * 8)
                .isLessThanOrEqualTo(StockLayout.CONTROL_SLOTS * StockLayout.SLOT_SIZE);
        assertThat(StockLayout.AGENT_END).isLessThan(StockLayout.CANVAS_END);
        // The filters recognise agent code by the upper halves of the instruction pointer's two words.
        assertThat(StockLayout.AGENT_CODE_SIZE).isEqualTo(0x10000);
        assertThat(StockLayout.AGENT_BASE & 0xffffffffL).isZero();
    }
}
