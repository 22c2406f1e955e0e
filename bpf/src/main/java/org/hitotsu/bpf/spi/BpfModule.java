package org.hitotsu.bpf.spi;

import java.util.List;
import org.hitotsu.bpf.BpfLink;
import org.hitotsu.bpf.BpfProgram;
import org.hitotsu.bpf.BpfUnavailableException;

/** Programs and maps in the kernel. Confined to one thread at a time. */
public interface BpfModule extends AutoCloseable {

    /** The programs, in no particular order. */
    List<BpfProgram> programs();

    /** The maps, without those the compiler makes for global data. */
    List<MapInfo> maps();

    /** Attaches one of {@link #programs()} to the hook that its section names. */
    BpfLink attach(BpfProgram program) throws BpfUnavailableException;

    /** Closes every descriptor. Links are closed by their owner, before. */
    @Override
    void close();
}
