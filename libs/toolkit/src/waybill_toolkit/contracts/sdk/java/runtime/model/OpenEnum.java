package waybill.model;

import java.util.Objects;

/**
 * A value of an enumeration. Each known value is a constant of its class; a later version of the API can
 * send values that have none.
 */
public abstract class OpenEnum {
    private final String value;

    OpenEnum(String value) {
        this.value = Objects.requireNonNull(value);
    }

    /** The value in JSON. */
    public final String value() {
        return value;
    }

    /** Returns whether this version has a constant for the value. */
    public abstract boolean isKnown();

    @Override
    public final boolean equals(Object other) {
        return other instanceof OpenEnum it && getClass() == it.getClass() && value.equals(it.value);
    }

    @Override
    public final int hashCode() {
        return value.hashCode();
    }

    @Override
    public final String toString() {
        return value;
    }
}
