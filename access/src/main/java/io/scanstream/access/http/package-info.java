/**
 * The gate in front of every address of a service: who is it, may they, not too often, and a line in the audit log. It brings its
 * own beans; a service adds its {@link io.scanstream.access.AccessRules}, its {@link io.scanstream.access.AuditLog} and its
 * {@link io.scanstream.access.http.RefusalForm}. The one library package that knows Quarkus.
 */
@NullMarked
package io.scanstream.access.http;

import org.jspecify.annotations.NullMarked;
