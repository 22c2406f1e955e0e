package org.hitotsu.forwarder.share.launch;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code hitotsu run} was asked to do.
 *
 * @param socket administration socket of the local daemon, the origin
 * @param nodes ids or names of the nodes that may host threads; empty for all
 * @param place how threads are placed: {@code spread} or {@code none}
 * @param cpus of which processors the program is told: {@code origin} or {@code all}
 * @param program path of the executable found for {@code argv[0]}
 * @param argv the program's arguments, its name first
 */
public record LaunchOptions(
        Path socket, List<String> nodes, String place, String cpus, Path program, List<String> argv) {

    /** Copies its lists. */
    public LaunchOptions {
        nodes = List.copyOf(nodes);
        argv = List.copyOf(argv);
    }
}
