package org.hitotsu.forwarder.membership;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.hitotsu.forwarder.wire.FrameFormat;
import org.hitotsu.forwarder.wire.proto.Hello;

/** Converts between the records of this package and their messages on the wire. */
final class WireMapping {

    private WireMapping() {}

    static org.hitotsu.forwarder.wire.proto.NodeFeatures toWire(NodeFeatures features) {
        return org.hitotsu.forwarder.wire.proto.NodeFeatures.newBuilder()
                .addAllCpuFlags(features.cpuFlags())
                .setXstateBytes(features.xstateBytes())
                .setKernelRelease(features.kernelRelease())
                .setPageBytes(features.pageBytes())
                .addAllBackends(features.backends())
                .setCpus(features.cpus())
                .build();
    }

    static NodeFeatures fromWire(org.hitotsu.forwarder.wire.proto.NodeFeatures features) {
        return new NodeFeatures(
                new TreeSet<>(features.getCpuFlagsList()),
                features.getXstateBytes(),
                features.getKernelRelease(),
                features.getPageBytes(),
                features.getBackendsList(),
                features.getCpus());
    }

    static org.hitotsu.forwarder.wire.proto.ComputerTable toWire(ComputerTable table) {
        var wire = org.hitotsu.forwarder.wire.proto.ComputerTable.newBuilder()
                .setTerm(table.term())
                .setVersion(table.version())
                .setNextNodeId(table.nextNodeId());
        for (Computer c : table) {
            wire.addComputers(org.hitotsu.forwarder.wire.proto.Computer.newBuilder()
                    .setNodeId(c.id())
                    .setIpAddr(c.ipAddr())
                    .setPort(c.port())
                    .setName(c.name())
                    .setBootId(c.bootId())
                    .setEpoch(c.epoch())
                    .setFeatures(toWire(c.features())));
        }
        return wire.build();
    }

    static ComputerTable fromWire(org.hitotsu.forwarder.wire.proto.ComputerTable table) {
        List<Computer> computers = new ArrayList<>(table.getComputersCount());
        for (org.hitotsu.forwarder.wire.proto.Computer c : table.getComputersList()) {
            computers.add(new Computer(
                    c.getNodeId(),
                    c.getIpAddr(),
                    c.getPort(),
                    c.getName(),
                    c.getBootId(),
                    c.getEpoch(),
                    fromWire(c.getFeatures())));
        }
        return new ComputerTable(table.getTerm(), table.getVersion(), computers, table.getNextNodeId());
    }

    /** The greeting of {@code self}; its id is 0 if it has none yet. */
    static Hello hello(Computer self) {
        return Hello.newBuilder()
                .setProtocolVersion(FrameFormat.PROTOCOL_VERSION)
                .setNodeId(self.id())
                .setBootId(self.bootId())
                .setEpoch(self.epoch())
                .setName(self.name())
                .setIpAddr(self.ipAddr())
                .setPort(self.port())
                .setFeatures(toWire(self.features()))
                .build();
    }

    /** The row of a node that has greeted and was given {@code id}. */
    static Computer row(int id, Hello hello) {
        return new Computer(
                id,
                hello.getIpAddr(),
                hello.getPort(),
                hello.getName(),
                hello.getBootId(),
                hello.getEpoch(),
                fromWire(hello.getFeatures()));
    }
}
