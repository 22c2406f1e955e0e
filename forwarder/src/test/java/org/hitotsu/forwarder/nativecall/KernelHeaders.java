package org.hitotsu.forwarder.nativecall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of C expressions as the compiler sees them with this machine's headers. */
public final class KernelHeaders {

    private KernelHeaders() {}

    /**
     * Compiles and runs a program that prints the expressions.
     *
     * @param expressions by the name they get in the answer; one whose first word is a macro that the headers lack is
     *     left out
     */
    public static Map<String, Long> evaluate(Path scratch, Collection<String> includes, Map<String, String> expressions)
            throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "gcc is not installed");
        StringBuilder source = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n#include <stddef.h>\n");
        for (String include : includes) {
            source.append("#if __has_include(<").append(include).append(">)\n");
            source.append("#include <").append(include).append(">\n#endif\n");
        }
        source.append("int main(void) {\n");
        for (Map.Entry<String, String> e : expressions.entrySet()) {
            boolean macro = e.getValue().matches("[A-Za-z_0-9]+");
            source.append(macro ? "#ifdef " + e.getValue() + "\n" : "");
            source.append("printf(\"" + e.getKey() + " %lld\\n\", (long long) (" + e.getValue() + "));\n");
            source.append(macro ? "#endif\n" : "");
        }
        source.append("return 0; }\n");
        Path file = scratch.resolve("values.c");
        Path program = scratch.resolve("values");
        Files.writeString(file, source);
        run(List.of("gcc", "-w", "-o", program.toString(), file.toString()));
        Map<String, Long> values = new LinkedHashMap<>();
        for (String line : run(List.of(program.toString())).lines().toList()) {
            String[] words = line.split(" ");
            values.put(words[0], Long.parseLong(words[1]));
        }
        return values;
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
