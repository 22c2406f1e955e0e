package org.hitotsu.coherence;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Virtual time: events in the order of their times, equal times in the order in which they were added. */
final class SimulationScheduler {

    private record Event(long at, long sequence, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(sequence, other.sequence);
        }
    }

    final SplittableRandom random;
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long sequence;
    private long now;

    SimulationScheduler(long seed) {
        random = new SplittableRandom(seed);
    }

    long now() {
        return now;
    }

    void at(long time, Runnable action) {
        events.add(new Event(Math.max(now, time), sequence++, action));
    }

    void after(long nanos, Runnable action) {
        at(now + nanos, action);
    }

    /** Uniform in 0 to {@code max}, both included. */
    long upTo(long max) {
        return max == 0 ? 0 : random.nextLong(max + 1);
    }

    boolean percent(int chance) {
        return random.nextInt(100) < chance;
    }

    /** Runs the next event; false if there is none. */
    boolean step() {
        Event event = events.poll();
        if (event == null) {
            return false;
        }
        now = event.at;
        event.action.run();
        return true;
    }
}
