package org.hitotsu.coherence;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Faulty protocols, made by faulty messages, memories or timers around the real classes. The simulation must notice each: it
 * is how we know that it looks.
 */
enum SimulationMutations {
    /** A write is granted while read copies still stand: invalidations count as answered when they are sent. */
    GRANT_BEFORE_ACKNOWLEDGEMENTS {
        @Override
        SimulatedCluster cluster(SimulationSettings settings) {
            return new SimulatedCluster(settings) {
                @Override
                public void recall(int node, long page, boolean invalidate, boolean needData) {
                    super.recall(node, page, invalidate, needData);
                    if (invalidate && !needData) {
                        scheduler.after(0, () -> {
                            if (node(node).alive) {
                                directory.onRecallReply(node, page, false, null);
                            }
                        });
                    }
                }

                @Override
                SimulatedNode newNode(int id) {
                    return new SimulatedNode(this, id) {
                        @Override
                        public void sendRecallReply(long page, boolean keptCopy, @Nullable Version data) {
                            if (data != null) {
                                super.sendRecallReply(page, keptCopy, data);
                            }
                        }
                    };
                }
            };
        }
    },

    /** What a node wrote is not sent back when its range is taken away. */
    WRITEBACK_DROPPED {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void sendWriteback(long page, Version data) {}
            };
        }
    },

    /** A node sends back what it was given, not what it wrote. */
    WRITE_LOST {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void sendRecallReply(long page, boolean keptCopy, @Nullable Version data) {
                    boolean written = data != null && data.number() > cluster.zeros[cluster.index(page)];
                    super.sendRecallReply(page, keptCopy, written ? new Version(page, data.number() - 1) : data);
                }
            };
        }
    },

    /** A read copy stays mapped after its invalidation was acknowledged. */
    STALE_COPY_KEPT {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void drop(long page) {
                    scheduler.after(1, () -> {
                        if (alive) {
                            cache.onDropped(page, scheduler.now());
                        }
                    });
                }
            };
        }
    },

    /** Extraction reads the page first and protects it later, so that a write may fall between. */
    EXTRACT_NOT_ATOMIC {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void extract(long page, boolean invalidate) {
                    int p = cluster.index(page);
                    if (mode[p] == NONE || !cluster.legal(id, p, invalidate ? Access.WRITE : Access.READ)) {
                        super.extract(page, invalidate);
                        return;
                    }
                    Version early = new Version(page, version[p]);
                    scheduler.after(20, () -> {
                        if (alive) {
                            mode[p] = invalidate ? NONE : READABLE;
                            cache.onExtracted(page, early, scheduler.now());
                        }
                    });
                }
            };
        }
    },

    /** The timer which ends a hold is lost, and the recall with it. */
    HOLD_TIMER_LOST {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void setTimer(long nanos) {}
            };
        }
    },

    /** Word that a hint is not served is lost. */
    DECLINE_LOST {
        @Override
        SimulatedCluster cluster(SimulationSettings settings) {
            return new SimulatedCluster(settings) {
                @Override
                public void decline(int node, long page, long bits) {}
            };
        }
    },

    /** A request which met a lock is forgotten at the unlock. */
    RETRY_LOST {
        @Override
        SimulatedCluster cluster(SimulationSettings settings) {
            return new SimulatedCluster(settings) {
                @Override
                public void retry(int node, long page, int count, Access access) {}
            };
        }
    },

    /** A message overtakes the ones before it. */
    LINK_NOT_FIFO {
        @Override
        SimulatedCluster cluster(SimulationSettings settings) {
            return new SimulatedCluster(settings) {
                @Override
                public void recall(int node, long page, boolean invalidate, boolean needData) {
                    scheduler.after(0, () -> {
                        if (node(node).alive) {
                            node(node).cache.onRecall(page, invalidate, needData, scheduler.now());
                        }
                    });
                }
            };
        }
    },

    /** The daemon does nothing about a fault which the cache leaves to it. */
    SPURIOUS_FAULT_IGNORED {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            return new SimulatedNode(cluster, id) {
                @Override
                public void spurious(long page, Access access) {}
            };
        }
    },

    /** A locked range comes home whole, however many pages it has. */
    RANGE_IN_ONE_PIECE {
        @Override
        SimulatedCluster cluster(SimulationSettings settings) {
            return new SimulatedCluster(settings) {
                @Override
                PageDirectory<Version> newDirectory() {
                    return new PageDirectory<>(ORIGIN, this, settings.pages());
                }
            };
        }
    },

    /** The answer to a recall is sent twice. */
    REPLY_TWICE {
        @Override
        SimulatedNode node(SimulatedCluster cluster, int id) {
            Set<Long> once = new HashSet<>();
            return new SimulatedNode(cluster, id) {
                @Override
                public void sendRecallReply(long page, boolean keptCopy, @Nullable Version data) {
                    super.sendRecallReply(page, keptCopy, data);
                    if (once.add(page)) {
                        super.sendRecallReply(page, keptCopy, data);
                    }
                }
            };
        }
    };

    /** A cluster with this fault in it. */
    SimulatedCluster cluster(SimulationSettings settings) {
        SimulationMutations mutation = this;
        return new SimulatedCluster(settings) {
            @Override
            SimulatedNode newNode(int id) {
                return mutation.node(this, id);
            }
        };
    }

    SimulatedNode node(SimulatedCluster cluster, int id) {
        return new SimulatedNode(cluster, id);
    }
}
