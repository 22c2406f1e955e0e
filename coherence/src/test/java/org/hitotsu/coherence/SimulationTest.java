package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random schedules of small clusters. {@code -Dhitotsu.sim.seed=N} runs only that schedule and prints its messages;
 * {@code -Dhitotsu.sim.schedules=N} runs that many.
 */
class SimulationTest {

    private static final String SEED = "hitotsu.sim.seed";
    private static final long SCHEDULES = Long.getLong("hitotsu.sim.schedules", 150_000);

    /** Enough for each of the faults, with a wide margin; a fault found later than this counts as not found. */
    private static final long SEEDS_PER_MUTATION = 3_000;

    @Test
    void everyScheduleIsCoherentAndServesEverybody() {
        Long only = Long.getLong(SEED);
        if (only != null) {
            new SimulationTrace(SimulationSettings.random(only)).run();
            new SimulationTrace(SimulationSettings.randomLarge(only)).run();
            return;
        }
        run(SCHEDULES, SimulationSettings::random);
        run(SCHEDULES / 1_000, SimulationSettings::randomLarge);
    }

    private static void run(long schedules, LongFunction<SimulationSettings> settings) {
        long events = 0;
        long messages = 0;
        long faults = 0;
        int longest = 0;
        for (long seed = 1; seed <= schedules; seed++) {
            SimulatedCluster cluster = new SimulatedCluster(settings.apply(seed));
            try {
                cluster.run();
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + " (replay: -D" + SEED + "=" + seed + "): " + e, e);
            }
            events += cluster.events;
            messages += cluster.messages;
            faults += cluster.faults;
            longest = Math.max(longest, cluster.events);
        }
        System.out.printf(
                "%d schedules, %d events (longest %d), %d faults, %d messages%n",
                schedules, events, longest, faults, messages);
        assertThat(faults).isGreaterThan(schedules);
    }

    @ParameterizedTest
    @EnumSource
    void everyFaultIsNoticed(SimulationMutations mutation) {
        for (long seed = 1; seed <= SEEDS_PER_MUTATION; seed++) {
            try {
                mutation.cluster(SimulationSettings.random(seed)).run();
            } catch (ProtocolException | AssertionError e) {
                System.out.printf("%s noticed at seed %d: %s%n", mutation, seed, e.getMessage());
                return;
            }
        }
        throw new AssertionError(mutation + " not noticed in " + SEEDS_PER_MUTATION + " schedules");
    }
}
