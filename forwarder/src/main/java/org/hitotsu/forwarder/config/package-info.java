/** Settings of one daemon. */
@NullMarked
package org.hitotsu.forwarder.config;

import org.jspecify.annotations.NullMarked;
