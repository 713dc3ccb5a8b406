package waybill;

import java.time.Duration;

/**
 * How often a call is sent, and how long is waited in between.
 *
 * <p>A call is sent again when no answer came, when the answer is 408, 429, 502, 503 or 504, or when
 * the first attempt still runs (409 idempotency-key-in-use). That is done for all that can safely be
 * repeated: reads, and what has an idempotency key, which is the same for all attempts of a call.
 * Other calls are sent again only when no connection could be made.
 *
 * @param attemptsMax with the first one; 1 means no retries
 * @param delayFirst the longest delay before the second attempt; it doubles from there. The delay is
 *     a random part of it, so that clients that failed together do not come back together
 * @param delayMax where the delay stops growing
 * @param retryAfterMax the longest Retry-After that is waited for; after a longer one the call fails
 */
public record Retries(
        int attemptsMax, Duration delayFirst, Duration delayMax, Duration retryAfterMax) {

    /** For a few seconds. */
    public static final Retries DEFAULT =
            new Retries(5, Duration.ofMillis(400), Duration.ofSeconds(5), Duration.ofSeconds(30));

    /** Each call is sent once. */
    public static final Retries NONE =
            new Retries(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
