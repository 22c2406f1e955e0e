package org.hitotsu.forwarder.share.launch;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hitotsu.forwarder.ProgramStarter;
import org.hitotsu.forwarder.admin.AdminClient;
import org.hitotsu.forwarder.nativecall.Exec;
import org.hitotsu.forwarder.nativecall.NativeFiles;

/**
 * Turns this very process into the program: asks the daemon for the filter, then executes the launcher, which executes
 * the program. So the program has the pid, the parent, the terminal and the descriptors of `hitotsu run`.
 */
public final class ProgramLauncher implements ProgramStarter {
    @Override
    public void exec(LaunchOptions options) throws IOException {
        JsonObject answer;
        try (AdminClient daemon = AdminClient.connect(options.socket())) {
            answer = daemon.call(
                    "run",
                    new JsonObject()
                            .put("argv", new JsonArray(options.argv()))
                            .put("nodes", new JsonArray(options.nodes()))
                            .put("place", options.place())
                            .put("cpus", options.cpus()));
        }
        // Never closed: the file must last until the kernel has loaded it, and goes with this process's image.
        NativeFiles files = new NativeFiles();
        List<byte[]> typed = typedArguments(options.argv().size());
        List<byte[]> argv = new ArrayList<>();
        argv.add(bytes("hitotsu-launch"));
        argv.add(bytes(options.socket().toString()));
        argv.add(bytes(String.valueOf(answer.getLong("share"))));
        argv.add(bytes(answer.getString("filter")));
        boolean asTyped = options.program().toString().equals(options.argv().get(0));
        argv.add(asTyped ? typed.get(0) : bytes(options.program().toString()));
        argv.addAll(typed);
        Exec.replaceThisProcess(files.path("hitotsu-launch"), argv, inheritedDescriptors());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * The program's arguments as the kernel has them: they are any bytes, and Java's strings hold only what the locale's
     * charset can say. They are the last ones of this process's own.
     */
    private static List<byte[]> typedArguments(int count) throws IOException {
        byte[] line = Files.readAllBytes(Path.of("/proc/self/cmdline"));
        List<byte[]> all = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < line.length; i++) {
            if (line[i] == 0) {
                all.add(Arrays.copyOfRange(line, start, i));
                start = i + 1;
            }
        }
        return all.subList(all.size() - count, all.size());
    }

    /** What the launcher script says this process was started with; see its find_descriptors. */
    private static Set<Integer> inheritedDescriptors() {
        Set<Integer> inherited = new HashSet<>();
        for (String number :
                System.getProperty("hitotsu.descriptors", "").trim().split(" +")) {
            if (!number.isEmpty()) {
                inherited.add(Integer.parseInt(number));
            }
        }
        return inherited;
    }
}
