package waybill.internal;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.concurrent.ThreadLocalRandom;
import waybill.HttpAnswer;
import waybill.Retries;

/** The delays between attempts. */
final class Delays {
    private Delays() {}

    /** Returns the random delay after an attempt. */
    static Duration of(Retries retries, int attempt) {
        long first = retries.delayFirst().toMillis();
        long longest = Math.min(first << Math.min(attempt - 1, 16), retries.delayMax().toMillis());
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    }

    /** Reads the header of that name (RFC 9110, 10.2.3); zero when there is none. */
    static Duration retryAfter(HttpAnswer answer) {
        String value = answer.header("Retry-After");
        if (value == null) {
            return Duration.ZERO;
        }
        if (value.matches("[0-9]{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            ZonedDateTime until =
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration left = Duration.between(Instant.now(), until);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeParseException fault) {
            return Duration.ZERO;
        }
    }
}
