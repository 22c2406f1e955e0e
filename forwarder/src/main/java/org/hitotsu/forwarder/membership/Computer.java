package org.hitotsu.forwarder.membership;

/**
 * One row of the computer table. Immutable.
 *
 * @param id positive, given once and to one node
 * @param ipAddr literal address peers connect to
 * @param port TCP port peers connect to
 * @param name name for people; unique among the nodes of one machine only
 * @param bootId the machine's boot id (/proc/sys/kernel/random/boot_id); equal for two nodes on one machine
 * @param epoch incarnation of the daemon; differs between any two daemons
 * @param features what the node can do
 */
public record Computer(int id, String ipAddr, int port, String name, String bootId, long epoch, NodeFeatures features) {

    /** Processors the node offers. */
    public int cpus() {
        return features.cpus();
    }

    /** Whether threads of a program whose origin has these features may run on this node. */
    public boolean canHost(NodeFeatures originFeatures) {
        return features.whyCannotHost(originFeatures) == null;
    }

    /** Address and port as a user types them. */
    public String hostPort() {
        return ipAddr.indexOf(':') >= 0 ? "[" + ipAddr + "]:" + port : ipAddr + ":" + port;
    }
}
