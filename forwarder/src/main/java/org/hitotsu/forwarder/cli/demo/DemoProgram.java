package org.hitotsu.forwarder.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A program the demo can run. Each writes its result to stdout, and for the same input always the same bytes, whatever the
 * timing of its threads.
 */
public enum DemoProgram {
    /** Compresses with a pool of threads that share one buffer queue. */
    PIGZ {
        @Override
        List<String> command(Path input, int threads) {
            return List.of("pigz", "-9", "-n", "-c", "-p", Integer.toString(threads), input.toString());
        }
    },
    /** Counts primes; next to no system calls. */
    PRIMESIEVE {
        @Override
        List<String> command(Path input, int threads) {
            return List.of("primesieve", "2e10", "--quiet", "--threads=" + threads);
        }
    },
    /** Compresses blocks in threads of their own. */
    XZ {
        @Override
        List<String> command(Path input, int threads) {
            return List.of("xz", "-3", "-k", "-c", "--block-size=2MiB", "-T" + threads, input.toString());
        }
    },
    /** Compresses jobs in a pool. */
    ZSTD {
        @Override
        List<String> command(Path input, int threads) {
            return List.of("zstd", "-q", "-12", "-c", "-T" + threads, input.toString());
        }
    },
    /** Renders a scene tile by tile. The output is BMP: in its other formats POV-Ray writes the time of day. */
    POVRAY {
        @Override
        List<String> command(Path input, int threads) {
            return List.of(
                    "povray", "+I" + input, "+O-", "+FB", "+W640", "+H480", "+A0.1", "-D", "-GA", "+WT" + threads);
        }

        @Override
        void makeInput(Path input, long bytes) throws IOException {
            Files.writeString(input, SCENE, StandardCharsets.US_ASCII);
        }
    };

    private static final String SCENE = """
            #version 3.7;
            global_settings { assumed_gamma 1 max_trace_level 12 }
            camera { location <0, 6, -14> look_at <0, 1, 0> }
            light_source { <20, 30, -20> color rgb 1 area_light <4, 0, 0>, <0, 4, 0>, 4, 4 }
            plane { y, 0 pigment { checker rgb 0.9, rgb <0.2, 0.3, 0.5> scale 2 } finish { reflection 0.2 } }
            #declare Seed = seed(1);
            #declare I = 0;
            #while (I < 120)
              sphere { <rand(Seed) * 16 - 8, rand(Seed) * 4 + 0.5, rand(Seed) * 12 - 4>, 0.3 + rand(Seed) * 0.5
                pigment { rgb <rand(Seed), rand(Seed), rand(Seed)> } finish { specular 0.6 reflection 0.3 } }
              #declare I = I + 1;
            #end
            """;

    /** Name of its executable. */
    public String executable() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Its command line, the program's name first. */
    abstract List<String> command(Path input, int threads);

    /** Writes its input of about {@code bytes} bytes. */
    void makeInput(Path input, long bytes) throws IOException {
        DemoData.write(input, bytes);
    }
}
