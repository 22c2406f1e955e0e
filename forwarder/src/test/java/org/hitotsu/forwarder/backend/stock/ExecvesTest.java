package org.hitotsu.forwarder.backend.stock;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecvesTest {
    private final Execves execves = new Execves();
    private final OriginTask first = new OriginTask(1);
    private final OriginTask second = new OriginTask(2);
    private final List<String> done = new ArrayList<>();

    private Runnable noted(String what) {
        return () -> done.add(what);
    }

    @Test
    void nothingWaitsWhileNobodyExecutes() {
        execves.beside(first, noted("park"));
        execves.without(noted("trace all"));
        execves.begin(second, noted("execve"));
        assertThat(done).containsExactly("park", "trace all", "execve");
    }

    @Test
    void othersAreNotTracedDuringAnExecve() {
        execves.begin(first, noted("execve"));
        execves.beside(second, noted("park second"));
        execves.without(noted("trace all"));
        execves.beside(first, noted("end first"));
        assertThat(done).containsExactly("execve", "end first");
        assertThat(execves.holdsUp(second)).isTrue();
        assertThat(execves.holdsUp(first)).isFalse();
        execves.over(second);
        assertThat(done).hasSize(2);
        execves.over(first);
        assertThat(done).containsExactly("execve", "end first", "park second", "trace all");
    }

    @Test
    void execvesComeOneAfterTheOther() {
        execves.begin(first, noted("first"));
        execves.begin(second, noted("second"));
        execves.beside(first, noted("park first"));
        execves.without(noted("trace all"));
        assertThat(done).containsExactly("first", "park first");
        execves.over(first);
        assertThat(done).containsExactly("first", "park first", "second");
        execves.beside(first, noted("park first again"));
        execves.over(second);
        assertThat(done).containsExactly("first", "park first", "second", "trace all", "park first again");
    }

    @Test
    void theNextExecveOfTheSameThreadGoesBehindThoseThatWait() {
        execves.begin(first, noted("first"));
        execves.begin(second, noted("second"));
        execves.beside(new OriginTask(3), noted("park third"));
        execves.over(first);
        execves.begin(first, noted("first again"));
        assertThat(done).containsExactly("first", "second");
        execves.over(second);
        assertThat(done).containsExactly("first", "second", "park third", "first again");
    }
}
