/** What is deployed, held against typed models, schemas and the services' own configuration. */
@NullMarked
package io.scanstream.deployment;

import org.jspecify.annotations.NullMarked;
