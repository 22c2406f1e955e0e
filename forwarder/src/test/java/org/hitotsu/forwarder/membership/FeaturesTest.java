package org.hitotsu.forwarder.membership;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FeaturesTest {

    private static NodeFeatures features(int xstate, String... flags) {
        return new NodeFeatures(new TreeSet<>(List.of(flags)), xstate, "6.1", 4096, List.of("stock"), 1);
    }

    @Test
    void hostNeedsEveryInstructionSetOfTheOrigin() {
        NodeFeatures origin = features(2696, "avx2", "avx512f", "sse2");
        NodeFeatures host = features(2696, "avx2", "sse2");
        assertThat(host.whyCannotHost(origin)).isEqualTo("its processor lacks avx512f");
        assertThat(origin.whyCannotHost(host)).isNull();
    }

    @Test
    void flagsThatGiveNoInstructionDoNotCount() {
        NodeFeatures origin = features(2696, "ht", "hypervisor", "md_clear", "sse2", "tsc_known_freq");
        assertThat(features(2696, "sse2").whyCannotHost(origin)).isNull();
    }

    /** Missing here would be SIGILL there. */
    @Test
    void flagsThatGiveInstructionsDoCount() {
        for (String flag : List.of("rdpid", "pku", "rdrand", "sha_ni", "clwb", "fsgsbase", "some_new_flag")) {
            assertThat(features(2696).whyCannotHost(features(2696, flag))).contains(flag);
        }
    }

    @Test
    void xsaveAreaMustHaveTheSameSize() {
        assertThat(features(832).whyCannotHost(features(2696))).contains("832").contains("2696");
    }

    @Test
    void flagsAreThoseOfAllProcessors() {
        assertThat(FeatureProbe.cpuFlags(List.of(
                        "processor : 0", "flags\t\t: fpu sse2 avx", "", "processor : 1", "flags\t\t: fpu sse2")))
                .containsExactly("fpu", "sse2");
    }

    @Test
    void pageSizeComesFromTheAuxiliaryVector() {
        ByteBuffer auxv = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
        auxv.putLong(33)
                .putLong(0x7ffd7000L)
                .putLong(6)
                .putLong(4096)
                .putLong(0)
                .putLong(0);
        assertThat(FeatureProbe.pageBytes(auxv.array())).isEqualTo(4096);
        assertThat(FeatureProbe.pageBytes(new byte[0])).isZero();
    }

    @Test
    void thisMachineHasFeatures() throws Exception {
        NodeFeatures here = FeatureProbe.features(List.of("stock"), 2696, 2);
        assertThat(here.cpuFlags()).contains("sse2", "fxsr");
        assertThat(here.pageBytes()).isEqualTo(4096);
        assertThat(here.kernelRelease()).matches("\\d+\\.\\d+.*");
        assertThat(FeatureProbe.bootId()).hasSize(36);
        assertThat(here.whyCannotHost(here)).isNull();
    }
}
