package waybill;

import java.time.Duration;
import java.util.Objects;

/**
 * An access token.
 *
 * @param value the token
 * @param expiresIn how long it is valid from now on; null stands for until the API refuses it
 */
public record AccessToken(String value, Duration expiresIn) {
    /** Requires a value. */
    public AccessToken {
        Objects.requireNonNull(value);
    }

    /** Leaves out the token. */
    @Override
    public String toString() {
        return "AccessToken[expiresIn=" + expiresIn + ']';
    }
}
