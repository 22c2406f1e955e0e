/** What the back-ends have in common: memory under userfaultfd, what is known of mappings, and interrupted calls. */
@NullMarked
package org.hitotsu.forwarder.backend.common;

import org.jspecify.annotations.NullMarked;
