package waybill.internal;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiFunction;
import waybill.NoAnswerException;
import waybill.Retries;
import waybill.problem.Problem;
import waybill.problem.ProblemException;

/**
 * Sends calls to one address.
 *
 * @param headers alternating names and values, for every request
 * @param problems creates the exceptions of problems with their own class
 */
public record Transport(
        String address,
        String[] headers,
        HttpClient client,
        Retries retries,
        BiFunction<Problem, Object, ProblemException> problems) {

    /** Above the timeout of the gateway for a service, 40 s. */
    private static final Duration ANSWER_MAX = Duration.ofSeconds(45);

    /**
     * Sends a call, with retries.
     *
     * @throws ProblemException after an error response
     * @throws NoAnswerException when there was no response
     */
    public Reply send(Call call) {
        HttpRequest request = request(call);
        for (int attempt = 1; ; attempt++) {
            boolean isLast = attempt >= retries.attemptsMax();
            Duration delay = delay(attempt);
            try {
                Reply reply = attempt(request);
                if (reply.status() < 300) {
                    return reply;
                }
                Duration asked = retryAfter(reply);
                delay = asked.isZero() ? delay : asked;
                boolean isTooLong = asked.compareTo(retries.retryAfterMax()) > 0;
                boolean again = call.isRepeatable && reply.isTemporary() && !isTooLong;
                if (isLast || !again || !Pause.of(delay)) {
                    throw reply.problem(problems);
                }
            } catch (IOException failure) {
                boolean again = call.isRepeatable || failure instanceof ConnectException;
                if (isLast || !again || !Pause.of(delay)) {
                    throw noAnswer(call, attempt, failure);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw noAnswer(call, attempt, interrupted);
            }
        }
    }

    private Reply attempt(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> response =
                client.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        return new Reply(response.statusCode(), response.headers(), response.body());
    }

    private HttpRequest request(Call call) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + call.target()));
        request.timeout(ANSWER_MAX).headers(headers);
        call.headers.forEach(request::header);
        String content = call.content();
        if (content == null) {
            return request.method(call.method, BodyPublishers.noBody()).build();
        }
        request.header("Content-Type", "application/json");
        return request.method(call.method, BodyPublishers.ofString(content)).build();
    }

    private static NoAnswerException noAnswer(Call call, int attempts, Exception cause) {
        return new NoAnswerException(
                call.toString(), attempts, call.headers.get(Call.KEY), cause);
    }

    private Duration delay(int attempt) {
        long first = retries.delayFirst().toMillis();
        long longest = Math.min(first << Math.min(attempt - 1, 16), retries.delayMax().toMillis());
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
    }

    /** Reads the header of that name (RFC 9110, 10.2.3); zero when there is none. */
    private static Duration retryAfter(Reply reply) {
        String value = reply.header("Retry-After");
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
