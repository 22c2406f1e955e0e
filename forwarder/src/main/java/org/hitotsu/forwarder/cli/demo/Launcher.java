package org.hitotsu.forwarder.cli.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hitotsu.forwarder.cli.Main;

/** How this hitotsu was started, so that the demo's nodes are the same one. */
final class Launcher {

    private final List<String> command;

    private Launcher(List<String> command) {
        this.command = List.copyOf(command);
    }

    /** The launcher script that started this process if there is one, else this JVM with the same class path. */
    static Launcher ofThisProcess() {
        String home = System.getProperty("hitotsu.home");
        if (home != null) {
            Path script = Path.of(home, "hitotsu");
            if (Files.isExecutable(script)) {
                return new Launcher(List.of(script.toString()));
            }
        }
        return new Launcher(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    }

    /** The command line for these arguments. */
    List<String> command(List<String> arguments) {
        List<String> all = new ArrayList<>(command);
        all.addAll(arguments);
        return all;
    }
}
