package org.hitotsu.bpf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** A run of {@code src/test/c/parked.c}: a thread that makes captured calls and then touches fresh pages. */
final class ParkedProcess implements AutoCloseable {

    static final int GETPPID = 110;
    static final int PAGE = 4096;

    final int tid;
    final int tgid;
    final long firstPage;
    final long storeInstruction;
    private final Process process;
    private final BufferedReader out;

    ParkedProcess(int calls, int pages) throws IOException, InterruptedException {
        process = new ProcessBuilder(
                        Kernel.built("parked").toString(), Integer.toString(calls), Integer.toString(pages))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null) {
            throw new IllegalStateException("parked ended with " + process.waitFor());
        }
        String[] words = line.split(" ", -1);
        tid = Integer.parseInt(words[0]);
        tgid = Integer.parseInt(words[1]);
        firstPage = Long.parseLong(words[2]);
        storeInstruction = Long.parseLong(words[3]);
    }

    /** Lets it make all its calls and touch all its pages; returns when it has. */
    void run() throws IOException {
        start();
        finish();
    }

    void start() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    void finish() throws IOException {
        if (!"done".equals(out.readLine())) {
            throw new IllegalStateException("parked failed");
        }
    }

    boolean finished() throws IOException {
        return out.ready();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        out.close();
    }
}
