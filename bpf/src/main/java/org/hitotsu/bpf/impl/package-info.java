/** Native calls and the two loaders. Not for use from outside of this module. */
@NullMarked
package org.hitotsu.bpf.impl;

import org.jspecify.annotations.NullMarked;
