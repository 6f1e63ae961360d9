/**
 * Whether models drift: what versions answer in service, as the inference instances count it, against what they answered when
 * they were evaluated.
 */
@NullMarked
package io.scanstream.gateway.drift;

import org.jspecify.annotations.NullMarked;
