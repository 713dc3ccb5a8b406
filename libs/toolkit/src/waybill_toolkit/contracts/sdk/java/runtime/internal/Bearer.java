package waybill.internal;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import waybill.HttpAnswer;
import waybill.HttpCall;
import waybill.HttpTransport;
import waybill.TokenProvider;

/**
 * Sends requests with an access token, and again with another one when the token is refused. A request
 * with an Authorization of its own is sent as it is. Without a token it throws a TokenFailure.
 */
public record Bearer(HttpTransport transport, TokenProvider tokens) implements HttpTransport {
    private static final String HEADER = "Authorization";
    private static final Pattern INVALID =
            Pattern.compile("\\berror=\"?invalid_token\\b", Pattern.CASE_INSENSITIVE);

    @Override
    public HttpAnswer send(HttpCall request) throws IOException, InterruptedException {
        if (request.headers().containsKey(HEADER)) {
            return transport.send(request);
        }
        String token = wait(ask(null));
        HttpAnswer answer = transport.send(with(request, token));
        if (!isRefused(answer)) {
            return answer;
        }
        String renewed = wait(ask(token));
        return renewed.equals(token) ? answer : transport.send(with(request, renewed));
    }

    @Override
    public CompletableFuture<HttpAnswer> sendAsync(HttpCall request) {
        if (request.headers().containsKey(HEADER)) {
            return transport.sendAsync(request);
        }
        return Futures.compose(
                ask(null),
                token ->
                        Futures.compose(
                                transport.sendAsync(with(request, token)),
                                answer -> again(request, token, answer)));
    }

    private CompletableFuture<HttpAnswer> again(HttpCall request, String token, HttpAnswer answer) {
        if (!isRefused(answer)) {
            return CompletableFuture.completedFuture(answer);
        }
        return Futures.compose(
                ask(token),
                renewed ->
                        renewed.equals(token)
                                ? CompletableFuture.completedFuture(answer)
                                : transport.sendAsync(with(request, renewed)));
    }

    private CompletableFuture<String> ask(String refused) {
        return Futures.handle(tokens.token(refused), Bearer::checked);
    }

    private static String checked(String token, Throwable failure) {
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            throw cause instanceof TokenFailure found
                    ? found
                    : new TokenFailure(String.valueOf(cause), null, false, cause);
        }
        String stripped = token.strip();
        if (!stripped.matches("[!-~]*")) { // the HTTP client would show it in its error
            String reason = "the token has a character that a header cannot have";
            throw new TokenFailure(reason, null, false, null);
        }
        return stripped;
    }

    private static String wait(CompletableFuture<String> token) throws InterruptedException {
        try {
            return token.get();
        } catch (ExecutionException failed) {
            throw (TokenFailure) failed.getCause();
        }
    }

    private static HttpCall with(HttpCall request, String token) {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(request.headers());
        if (!token.isEmpty()) {
            headers.put(HEADER, "Bearer " + token);
        }
        return new HttpCall(
                request.method(), request.uri(), headers, request.body(), request.timeout());
    }

    private static boolean isRefused(HttpAnswer answer) {
        String challenge = answer.header("WWW-Authenticate");
        return answer.status() == 401 && challenge != null && INVALID.matcher(challenge).find();
    }
}
