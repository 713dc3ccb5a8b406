package waybill.model;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** A field of the JSON object selects one of the types. */
@Retention(RetentionPolicy.RUNTIME)
public @interface OneOf {
    /** The name of that member. */
    String tag();

    /** Its value for each type. */
    String[] values();

    /** The types. */
    Class<?>[] types();

    /** The type for values that this version does not know. */
    Class<?> other();
}
