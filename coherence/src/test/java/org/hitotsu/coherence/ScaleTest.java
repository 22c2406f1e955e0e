package org.hitotsu.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * What a fault costs on two nodes and on a thousand, with the classes the daemon runs. Prints a table; one thread a node,
 * up to 50 µs from node to node, 100 µs hold.
 */
class ScaleTest {

    private static final int SHARED = 32;
    private static final int OWN = 2;

    /** How the threads use memory. Page numbers: the shared pages first, then the pages of each node. */
    private enum Workload {
        /** Nearly all accesses are to pages of the node itself: what one hopes for. */
        PRIVATE("own pages 98 %, shared read 2 %") {
            @Override
            int page(SimulatedCluster cluster, int thread) {
                return cluster.scheduler.percent(2) ? shared(cluster) : own(cluster, thread);
            }

            @Override
            int writePercent(int page) {
                return page < SHARED ? 0 : 50;
            }
        },
        /** Each node reads what its neighbour wrote: a stencil. */
        NEIGHBOURS("own pages 80 % written, neighbour's 20 % read") {
            @Override
            int page(SimulatedCluster cluster, int thread) {
                return cluster.scheduler.percent(20) ? own(cluster, thread + 1) : own(cluster, thread);
            }

            @Override
            int writePercent(int page) {
                return 50;
            }

            @Override
            Access access(SimulatedCluster cluster, SimulatedThread thread) {
                boolean mine = thread.page / OWN == (SHARED + OWN * (thread.node.id - SimulatedCluster.ORIGIN)) / OWN;
                return mine ? super.access(cluster, thread) : Access.READ;
            }
        },
        /** A table everybody reads and one access in two hundred changes. */
        READ_MOSTLY("32 shared pages, 0.5 % writes") {
            @Override
            int page(SimulatedCluster cluster, int thread) {
                return shared(cluster);
            }

            @Override
            int writePercent(int page) {
                return 0;
            }

            @Override
            Access access(SimulatedCluster cluster, SimulatedThread thread) {
                return cluster.scheduler.random.nextInt(200) == 0 ? Access.WRITE : Access.READ;
            }
        },
        /** A lock everybody takes: what no protocol makes cheap. */
        ONE_HOT_PAGE("one page, all writes") {
            @Override
            int page(SimulatedCluster cluster, int thread) {
                return 0;
            }

            @Override
            int writePercent(int page) {
                return 100;
            }
        };

        final String description;

        Workload(String description) {
            this.description = description;
        }

        abstract int page(SimulatedCluster cluster, int thread);

        abstract int writePercent(int page);

        Access access(SimulatedCluster cluster, SimulatedThread thread) {
            return cluster.scheduler.percent(writePercent(thread.page)) ? Access.WRITE : Access.READ;
        }

        static int shared(SimulatedCluster cluster) {
            return cluster.scheduler.random.nextInt(SHARED);
        }

        static int own(SimulatedCluster cluster, int thread) {
            int nodes = cluster.settings.nodes();
            return SHARED + OWN * (thread % nodes) + cluster.scheduler.random.nextInt(OWN);
        }
    }

    /** One thread on each node, which stays there. */
    private static final class ScaleCluster extends SimulatedCluster {
        private final Workload workload;
        private int untilCheck;

        ScaleCluster(Workload workload, int nodes, int operations) {
            super(new SimulationSettings(
                    1,
                    nodes,
                    nodes,
                    false,
                    operations,
                    SHARED + OWN * nodes,
                    1_000,
                    50_000,
                    5_000,
                    2_000,
                    20_000,
                    0,
                    0,
                    0,
                    0,
                    1,
                    0,
                    50_000_000,
                    new CacheOptions(100_000, 1, 1)));
            this.workload = workload;
        }

        @Override
        SimulatedNode firstNode(int thread) {
            return node(ORIGIN + thread);
        }

        @Override
        int nextPage(SimulatedThread thread) {
            return workload.page(this, thread.node.id - ORIGIN);
        }

        @Override
        Access nextAccess(SimulatedThread thread) {
            return workload.access(this, thread);
        }

        /** All memories are looked at now and then only; each access is checked in any case. */
        @Override
        void checkMemories() {
            if (untilCheck-- == 0) {
                untilCheck = settings.nodes() <= 10 ? 0 : 50_000;
                super.checkMemories();
            }
        }
    }

    @Test
    void messagesForAFault() {
        System.out.printf(
                "%-44s %6s %8s %9s %9s %12s %11s%n",
                "workload", "nodes", "faults", "messages", "per fault", "on the wire", "per fault");
        for (Workload workload : Workload.values()) {
            double two = measure(workload, 2, 10_000);
            double thousand = measure(workload, 1_000, 100);
            if (workload == Workload.NEIGHBOURS || workload == Workload.ONE_HOT_PAGE) {
                // A request, a recall, its answer and a grant, whatever the number of nodes.
                assertThat(thousand).isLessThan(two + 4);
            }
        }
    }

    private static double measure(Workload workload, int nodes, int accesses) {
        SimulatedCluster cluster = new ScaleCluster(workload, nodes, accesses);
        cluster.runThreads();
        double ratio = (double) cluster.messages / cluster.faults;
        System.out.printf(
                "%-44s %6d %8d %9d %9.2f %12d %11.2f%n",
                workload.description,
                nodes,
                cluster.faults,
                cluster.messages,
                ratio,
                cluster.wireMessages,
                (double) cluster.wireMessages / cluster.faults);
        return ratio;
    }
}
