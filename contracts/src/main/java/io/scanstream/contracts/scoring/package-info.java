/**
 * Scans that arrive and the scores that answer them: record headers, claim tickets and score events. The gateway and the
 * inference service meet here. Changes are additive; golden JSON samples hold the wire form still.
 */
@NullMarked
package io.scanstream.contracts.scoring;

import org.jspecify.annotations.NullMarked;
