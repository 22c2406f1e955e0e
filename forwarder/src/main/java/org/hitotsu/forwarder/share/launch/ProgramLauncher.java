package org.hitotsu.forwarder.share.launch;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
                            .put("place", options.place()));
        }
        List<String> argv = new ArrayList<>(List.of(
                "hitotsu-launch",
                options.socket().toString(),
                String.valueOf(answer.getLong("share")),
                answer.getString("filter"),
                options.program().toString()));
        argv.addAll(options.argv());
        // Never closed: the file must last until the kernel has loaded it, and goes with this process's image.
        NativeFiles files = new NativeFiles();
        Exec.replaceThisProcess(files.path("hitotsu-launch"), argv);
    }
}
