package waybill.internal;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import waybill.CallEvent;
import waybill.Exchange;
import waybill.HttpAnswer;
import waybill.HttpCall;
import waybill.NoAnswerException;
import waybill.Retries;
import waybill.TokenException;
import waybill.WaybillException;

/** The attempts of one call: decides what follows from each. It neither sends nor waits. */
final class Attempts {
    final HttpCall request;
    private final Call call;
    private final Settings settings;
    private final Retries retries;
    private int attempt;
    private long start;

    /**
     * What follows from an attempt.
     *
     * @param reply the success; null when it is none
     * @param delay the time until the next attempt; null when there is none
     * @param failure the exception unless there is another attempt
     */
    record Step(Reply reply, Duration delay, WaybillException failure) {}

    Attempts(Call call, Settings settings) {
        this.call = call;
        this.settings = settings;
        request = call.request(settings);
        retries = settings.retries(call.options);
    }

    void begin() {
        attempt++;
        start = System.nanoTime();
    }

    Step answered(HttpAnswer answer) {
        log(answer, null);
        Exchange exchange = exchange(answer);
        if (answer.status() < 300) {
            return new Step(new Reply(exchange), null, null);
        }
        WaybillException failure = Problems.of(exchange);
        boolean again = call.isRepeatable && Problems.isTemporary(failure);
        Duration asked = Delays.retryAfter(answer);
        if (asked.compareTo(retries.retryAfterMax()) > 0) {
            again = false;
        }
        return step(again, asked.isZero() ? Delays.of(retries, attempt) : asked, failure);
    }

    Step failed(IOException failure) {
        log(HttpAnswer.NONE, failure);
        boolean wasNotSent =
                failure instanceof ConnectException
                        || failure instanceof HttpConnectTimeoutException;
        return step(
                call.isRepeatable || wasNotSent, Delays.of(retries, attempt), noAnswer(failure));
    }

    /** The request was not executed. */
    Step withoutToken(TokenFailure failure) {
        log(HttpAnswer.NONE, failure);
        Exchange exchange = exchange(HttpAnswer.NONE);
        WaybillException thrown =
                new TokenException(
                        exchange, failure.getMessage(), failure.code(), failure.getCause());
        return step(failure.isTemporary(), Delays.of(retries, attempt), thrown);
    }

    NoAnswerException noAnswer(Exception cause) {
        return new NoAnswerException(exchange(HttpAnswer.NONE), cause);
    }

    private Step step(boolean again, Duration delay, WaybillException failure) {
        return new Step(null, again && attempt < retries.attemptsMax() ? delay : null, failure);
    }

    private Exchange exchange(HttpAnswer answer) {
        return new Exchange(call.method, call.path, call.key(), attempt, answer);
    }

    private void log(HttpAnswer answer, Throwable failure) {
        Duration duration = Duration.ofNanos(System.nanoTime() - start);
        settings.log()
                .accept(
                        new CallEvent(
                                call.method,
                                call.path,
                                attempt,
                                answer.status(),
                                duration,
                                answer.traceId(),
                                failure));
    }
}
