package waybill;

import java.time.Duration;

/**
 * One attempt of a call, for logs and metrics. It contains neither query nor token.
 *
 * @param method the method
 * @param path the path
 * @param attempt counts from 1
 * @param status the status of the response; 0 when there was none
 * @param duration the time until the response was complete, or the attempt failed
 * @param traceId the trace id of the response; null when there is none
 * @param failure why there was no response; null when there was one
 */
public record CallEvent(
        String method,
        String path,
        int attempt,
        int status,
        Duration duration,
        String traceId,
        Throwable failure) {}
