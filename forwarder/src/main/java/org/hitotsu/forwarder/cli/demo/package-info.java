/** {@code hitotsu demo}: two nodes, one program, and the proof that it did the same as on one. */
@NullMarked
package org.hitotsu.forwarder.cli.demo;

import org.jspecify.annotations.NullMarked;
