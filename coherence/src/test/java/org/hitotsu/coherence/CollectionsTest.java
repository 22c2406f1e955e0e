package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The primitive collections against the ones of the JDK. */
class CollectionsTest {

    @Test
    void longMapIsAMap() {
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            LongMap<Long> map = new LongMap<>();
            TreeMap<Long, Long> model = new TreeMap<>();
            // Few keys, so that probe sequences collide and wrap; the other half far away.
            int keys = 1 + random.nextInt(200);
            for (int i = 0; i < 1_000; i++) {
                long key = random.nextInt(keys) + (random.nextBoolean() ? 0 : Pages.LIMIT - keys);
                if (random.nextInt(100) < (i < 500 ? 60 : 30)) {
                    if (!model.containsKey(key)) {
                        map.put(key, key * 3);
                        model.put(key, key * 3);
                    }
                } else {
                    map.remove(key);
                    model.remove(key);
                }
                assertThat(map.get(key)).isEqualTo(model.get(key));
                assertThat(map.size()).isEqualTo(model.size());
            }
            for (long key : model.keySet()) {
                assertThat(map.get(key)).isEqualTo(key * 3);
            }
            long first = random.nextInt(keys);
            long count = 1 + random.nextInt(keys);
            assertThat(map.keysIn(first, count))
                    .containsExactly(model.subMap(first, first + count).keySet().stream()
                            .mapToLong(Long::longValue)
                            .toArray());
            assertThat(map.keysIn(0, Pages.LIMIT))
                    .containsExactly(
                            model.keySet().stream().mapToLong(Long::longValue).toArray());
            long[] sum = new long[1];
            map.forEach(value -> sum[0] += value);
            assertThat(sum[0])
                    .isEqualTo(
                            model.values().stream().mapToLong(Long::longValue).sum());
        }
    }

    @Test
    void longMapShrinksWithItsContents() {
        LongMap<String> map = new LongMap<>();
        for (long key = 0; key < 100_000; key++) {
            map.put(key, "x");
        }
        for (long key = 0; key < 100_000; key++) {
            map.remove(key);
        }
        assertThat(map.capacity()).isLessThan(100);
    }

    @Test
    void nodeSetIsASortedSet() {
        for (long seed = 1; seed <= 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            NodeSet set = new NodeSet();
            TreeSet<Integer> model = new TreeSet<>();
            for (int i = 0; i < 300; i++) {
                int node = random.nextInt(40);
                if (random.nextBoolean()) {
                    assertThat(set.add(node)).isEqualTo(model.add(node));
                } else {
                    assertThat(set.remove(node)).isEqualTo(model.remove(node));
                }
                assertThat(set.contains(node)).isEqualTo(model.contains(node));
                assertThat(set.size()).isEqualTo(model.size());
            }
            assertThat(set).hasToString(model.toString());
        }
    }
}
