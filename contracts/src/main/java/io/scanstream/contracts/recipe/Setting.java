package io.scanstream.contracts.recipe;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a recipe's field means, what it may be and what it is when it is left out. {@link RecipeSchema} makes a schema
 * of the components of records: the recipe's own, and those that a service reads a part of it into.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** One sentence for people, with the unit. */
    String value();

    /** The value as YAML when the field is left out; empty: the field is required, unless it is nullable. */
    String fallback() default "";

    /** The smallest value allowed. */
    double min() default Double.NEGATIVE_INFINITY;

    /** The value must be above this one. */
    double above() default Double.NEGATIVE_INFINITY;

    /** The largest value allowed. */
    double max() default Double.POSITIVE_INFINITY;

    /** The value must be below this one. */
    double below() default Double.POSITIVE_INFINITY;

    /** A value that works, offered when the given one does not. */
    String example() default "";
}
