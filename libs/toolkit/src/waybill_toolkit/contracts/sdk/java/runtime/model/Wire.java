package waybill.model;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** How a member or a value is written in JSON, where that is not its name in Java. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Wire {
    /** The name in JSON. */
    String value();
}
