package org.hitotsu.bpf;

/** An attached program. Closing detaches it; closing twice does nothing. Any thread, one at a time. */
public interface BpfLink extends AutoCloseable {

    /** Detaches. No new run of the program begins after this returns, save on other tasks still inside the hook. */
    @Override
    void close();
}
