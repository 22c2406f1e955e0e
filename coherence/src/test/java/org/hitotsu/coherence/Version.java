package org.hitotsu.coherence;

/** Contents of a page in the simulation: which page it is and how many writes it has seen. */
record Version(long page, int number) {}
