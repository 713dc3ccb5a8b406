package waybill.model;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The name of a component or value in JSON, where it differs from its name in Java. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Wire {
    /** The name in JSON. */
    String value();
}
