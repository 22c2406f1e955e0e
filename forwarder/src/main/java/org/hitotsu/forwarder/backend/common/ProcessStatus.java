package org.hitotsu.forwarder.backend.common;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The fields of /proc/PID/status (proc(5)). */
final class ProcessStatus {
    private final Map<String, String> fields = new HashMap<>();

    private ProcessStatus() {}

    static ProcessStatus of(List<String> lines) {
        ProcessStatus status = new ProcessStatus();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                status.fields.put(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        }
        return status;
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    /** The field's text; empty where this kernel does not have it. */
    String text(String name) {
        return fields.getOrDefault(name, "");
    }

    int number(String name) {
        String text = text(name);
        return text.isEmpty() ? 0 : Integer.parseInt(text);
    }

    private long bits(String name) {
        String text = text(name);
        return text.isEmpty() ? 0 : Long.parseUnsignedLong(text, 16);
    }

    /** Whether a signal is pending, for the thread or its process, that the thread does not block. */
    boolean signalled() {
        return ((bits("SigPnd") | bits("ShdPnd")) & ~bits("SigBlk")) != 0;
    }
}
