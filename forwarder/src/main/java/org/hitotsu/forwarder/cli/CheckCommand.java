package org.hitotsu.forwarder.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.hitotsu.forwarder.KernelCheck;
import org.hitotsu.forwarder.membership.FeatureProbe;
import org.hitotsu.forwarder.membership.NodeFeatures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hitotsu check}. */
@Command(
        name = "check",
        description = "Says what this computer's kernel allows, and what is missing for the rest. Needs no node. Exits"
                + " with 1 if this computer can't be a node.")
final class CheckCommand implements Callable<Integer> {

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        List<KernelCheck.Finding> findings = new ArrayList<>();
        List<KernelCheck.Finding> optional = new ArrayList<>();
        for (KernelCheck check : ServiceLoader.load(KernelCheck.class)) {
            findings.addAll(check.check());
            optional.addAll(check.optional());
        }
        NodeFeatures features =
                FeatureProbe.features(List.of(), 0, Runtime.getRuntime().availableProcessors());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(json(features, findings, optional).encodePrettily());
        } else {
            print(out, features, findings, optional);
        }
        return findings.stream().anyMatch(KernelCheck.Finding::usable) ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    private static JsonArray json(List<KernelCheck.Finding> findings) {
        JsonArray all = new JsonArray();
        for (KernelCheck.Finding finding : findings) {
            all.add(new JsonObject()
                    .put("name", finding.backend())
                    .put("usable", finding.usable())
                    .put("missing", new JsonArray(finding.missing()))
                    .put("notes", new JsonArray(finding.notes())));
        }
        return all;
    }

    private static JsonObject json(
            NodeFeatures features, List<KernelCheck.Finding> findings, List<KernelCheck.Finding> optional) {
        return new JsonObject()
                .put("kernel", features.kernelRelease())
                .put("cpus", features.cpus())
                .put("pageBytes", features.pageBytes())
                .put("cpuFlags", new JsonArray(new ArrayList<>(features.cpuFlags())))
                .put("backends", json(findings))
                .put("optional", json(optional));
    }

    private static void print(
            PrintWriter out,
            NodeFeatures features,
            List<KernelCheck.Finding> findings,
            List<KernelCheck.Finding> optional) {
        out.println("kernel " + features.kernelRelease() + ", " + features.cpus() + " processors, pages of "
                + features.pageBytes() + " bytes");
        if (findings.isEmpty()) {
            out.println("no back-end in this build");
        }
        for (KernelCheck.Finding finding : findings) {
            print(out, "back-end " + finding.backend(), finding);
        }
        for (KernelCheck.Finding finding : optional) {
            print(out, finding.backend() + " (a node can do without)", finding);
        }
    }

    private static void print(PrintWriter out, String what, KernelCheck.Finding finding) {
        out.println(what + ": " + (finding.usable() ? "usable" : "not usable here"));
        for (String missing : finding.missing()) {
            out.println("  missing: " + missing);
        }
        for (String note : finding.notes()) {
            out.println("  note: " + note);
        }
    }
}
