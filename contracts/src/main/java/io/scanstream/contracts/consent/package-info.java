/**
 * The exclusion of a subject who has withdrawn consent: what is asked, and the record of what was there before and after. Kept
 * in the object store and answered over REST. Nothing here but {@link io.scanstream.contracts.consent.ExclusionPlan}, which is
 * deleted at the end, names the subject.
 */
@NullMarked
package io.scanstream.contracts.consent;

import org.jspecify.annotations.NullMarked;
