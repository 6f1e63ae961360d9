/**
 * What comes with a request: its body, bounded and streamed, and its parameters. Resources use it to turn HTTP into
 * arguments and mistakes into messages; it knows no resource.
 */
@NullMarked
package io.scanstream.gateway.requests;

import org.jspecify.annotations.NullMarked;
