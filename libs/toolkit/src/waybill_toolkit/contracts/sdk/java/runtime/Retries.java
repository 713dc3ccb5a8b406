package waybill;

import java.time.Duration;

/**
 * The attempts of a call and the delays between them.
 *
 * <p>A call is retried when there is no response, when the response is 408, 429, 502, 503 or 504, or when
 * the first attempt is still running (409 idempotency-key-in-use). This applies to reads and to
 * operations with an idempotency key, which is the same for all attempts of a call. Other calls are
 * retried only when no connection could be opened.
 *
 * @param attemptsMax including the first attempt; 1 disables retries
 * @param delayFirst the maximum delay before the second attempt; it doubles with each attempt. The
 *     actual delay is random (jitter), so that clients do not retry at the same time
 * @param delayMax the limit of the delay
 * @param retryAfterMax the limit of Retry-After; with a longer one the call fails at once
 */
public record Retries(
        int attemptsMax, Duration delayFirst, Duration delayMax, Duration retryAfterMax) {

    /** The default: a few seconds in total. */
    public static final Retries DEFAULT =
            new Retries(5, Duration.ofMillis(400), Duration.ofSeconds(5), Duration.ofSeconds(30));

    /** Each call is sent once. */
    public static final Retries NONE =
            new Retries(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);
}
