package org.hitotsu.forwarder.share.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.hitotsu.forwarder.nativecall.Linux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An origin with processors 0 to 3, and three processors on other nodes: 4 to 6. */
class ClusterCpusTest {
    private static final int EINVAL = -Linux.EINVAL;

    private final ClusterCpus cpus = new ClusterCpus(4, 8, 3);

    static byte[] mask(int bytes, Integer... numbers) {
        BitSet set = new BitSet();
        List.of(numbers).forEach(set::set);
        return Arrays.copyOf(set.toByteArray(), bytes);
    }

    static Set<Integer> numbers(byte[] mask) {
        Set<Integer> set = new TreeSet<>();
        BitSet.valueOf(mask).stream().forEach(set::add);
        return set;
    }

    private Set<Integer> told(int tid, Integer... real) {
        return numbers(cpus.told(tid, mask(8, real), 8));
    }

    @Test
    void othersStandBehindTheOrigins() {
        assertThat(cpus.numbers()).isEqualTo(7);
        assertThat(told(1, 0, 1, 2, 3)).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(told(1, 2)).as("confined at the origin").containsExactly(2, 4, 5, 6);
    }

    @Test
    void maskIsAsLongAsItsBuffer() {
        assertThat(cpus.told(1, mask(8, 0), 8)).hasSize(8);
        assertThat(new ClusterCpus(4, 16, 3).told(1, mask(16, 0), 16)).hasSize(16);
        ClusterCpus many = new ClusterCpus(64, 8, 200);
        assertThat(many.told(1, mask(8, 63), 40)).hasSize(40);
        assertThat(numbers(many.told(1, mask(8, 63), 40))).hasSize(201).contains(63, 64, 263);
    }

    /** kernel/sched/syscalls.c: enough bits for every processor, whole words, at most the kernel's own size. */
    @ParameterizedTest
    @CsvSource({
        "4, 8, 3, 8, 8",
        "4, 8, 3, 128, 8",
        "4, 8, 3, 0, -22",
        "4, 8, 3, 4, -22",
        "4, 8, 3, 12, -22",
        "4, 1024, 3, 8, 8",
        "4, 1024, 3, 128, 128",
        "4, 1024, 3, 8192, 1024",
        "64, 8, 0, 8, 8",
        "64, 8, 1, 8, -22",
        "64, 8, 1, 16, 16",
        "64, 8, 1, 128, 16",
        "64, 8, 200, 32, -22",
        "64, 8, 200, 40, 40",
        // An unsigned int: the upper half is not looked at, and eight times it may come round to nothing.
        "4, 8, 3, 4294967304, 8",
        "4, 8, 3, 4294967288, 8",
        "4, 8, 3, 536870912, -22",
    })
    void lengthIsTheKernels(int origin, int originBytes, int others, long length, long expected) {
        assertThat(new ClusterCpus(origin, originBytes, others).bytesTold(length))
                .isEqualTo(expected);
        assertThat(EINVAL).isEqualTo(-22);
    }

    @Test
    void onlyAsMuchIsReadAsAMaskHas() {
        assertThat(cpus.bytesRead(128)).isEqualTo(8);
        assertThat(cpus.bytesRead(3)).isEqualTo(3);
        assertThat(cpus.bytesRead(0)).isZero();
        assertThat(cpus.bytesRead(-1L)).isEqualTo(8);
        assertThat(cpus.bytesRead(0x100000000L)).isZero();
    }

    @Test
    void maskComesApart() {
        byte[] home = cpus.atOrigin(mask(8, 1, 3, 5));
        assertThat(home).isNotNull().hasSize(8);
        assertThat(numbers(home)).containsExactly(1, 3);
        assertThat(cpus.atOrigin(mask(8, 4, 6, 7, 40))).isNull();
        assertThat(cpus.atOrigin(new byte[0])).isNull();
        assertThat(cpus.atOrigin(mask(1, 0))).hasSize(8);
        assertThat(cpus.hasOthers(mask(8, 0, 6))).isTrue();
        assertThat(cpus.hasOthers(mask(8, 0, 3, 7, 63)))
                .as("7 and 63 do not exist")
                .isFalse();
    }

    @Test
    void whatWasChosenIsToldAgainAsFarAsItExists() {
        cpus.choose(1, mask(8, 1, 5, 7, 63), true);
        assertThat(told(1, 1)).containsExactly(1, 5);
        assertThat(told(2, 0, 1)).as("another thread").containsExactly(0, 1, 4, 5, 6);
        cpus.choose(1, mask(8, 1), true);
        assertThat(told(1, 1)).containsExactly(1);
        cpus.choose(1, mask(8, 0, 1, 2, 3, 4, 5, 6, 7), true);
        assertThat(told(1, 0, 1, 2, 3)).containsExactly(0, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void ofAMaskElsewhereTheOriginsAreNotTold() {
        cpus.choose(1, mask(8, 4, 6), false);
        assertThat(told(1, 0, 1, 2, 3)).containsExactly(4, 6);
        cpus.choose(1, mask(8, 2, 6), true);
        assertThat(told(1, 2)).containsExactly(2, 6);
    }

    @Test
    void newThreadHasWhatItsCreatorHas() {
        cpus.choose(1, mask(8, 5), false);
        cpus.created(2, 1, List.of(1));
        cpus.choose(1, mask(8, 0, 4), true);
        assertThat(told(2, 0)).containsExactly(5);
        cpus.created(3, 9, List.of(1, 2, 9));
        assertThat(told(3, 0)).containsExactly(0, 4, 5, 6);
    }

    @Test
    void newThreadOfAnUnknownCreatorHasWhatAllHave() {
        cpus.choose(1, mask(8, 5), false);
        cpus.created(2, 0, List.of(1));
        assertThat(told(2, 0)).containsExactly(5);
        cpus.choose(1, mask(8, 6), false);
        cpus.created(3, 0, List.of(1, 2));
        assertThat(told(3, 0)).containsExactly(0, 4, 5, 6);
    }

    @Test
    void numberOfAThreadThatHasEndedStartsAnew() {
        cpus.choose(1, mask(8, 5), false);
        cpus.gone(1);
        assertThat(told(1, 0)).containsExactly(0, 4, 5, 6);
    }

    @Test
    void choiceOfTheThreadThatExecutesAProgramIsKept() {
        cpus.choose(1, mask(8, 5), false);
        cpus.choose(7, mask(8, 0, 4), true);
        cpus.executes(1);
        cpus.executes(7);
        cpus.replaced(1);
        assertThat(told(1, 0)).containsExactly(0, 4);
        assertThat(told(7, 0)).containsExactly(0, 4, 5, 6);
    }
}
