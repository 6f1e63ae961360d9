/**
 * The recipes that come with the platform, as files in the gateway's own jar. Trainings take them by name, and people read
 * them over REST. Reading and checking recipes is the contracts' business.
 */
@NullMarked
package io.scanstream.gateway.recipes;

import org.jspecify.annotations.NullMarked;
