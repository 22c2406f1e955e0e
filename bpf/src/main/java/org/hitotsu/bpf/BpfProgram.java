package org.hitotsu.bpf;

/**
 * A program of a loaded object.
 *
 * @param name of its function
 * @param section what it attaches to in libbpf's spelling, e.g. {@code tp_btf/sched_switch}
 * @param fd its descriptor, owned by the object
 */
public record BpfProgram(String name, String section, int fd) {

    /** The hook's kind: the section up to the slash. */
    public String kind() {
        int slash = section.indexOf('/');
        return slash < 0 ? section : section.substring(0, slash);
    }

    /** The hook: the section behind the first slash, "" if there is none. */
    public String target() {
        int slash = section.indexOf('/');
        return slash < 0 ? "" : section.substring(slash + 1);
    }
}
