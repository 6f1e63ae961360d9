/**
 * Who may do what: roles, the table of addresses, API keys, rates, and the log of what was done. Plain classes; the package
 * {@code http} below puts them in front of a service's addresses. The services that answer people call it; it knows no service.
 */
@NullMarked
package io.scanstream.access;

import org.jspecify.annotations.NullMarked;
