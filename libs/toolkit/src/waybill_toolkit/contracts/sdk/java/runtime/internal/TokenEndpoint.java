package waybill.internal;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import waybill.AccessToken;
import waybill.ClientCredentials;
import waybill.HttpAnswer;
import waybill.HttpCall;
import waybill.HttpTransport;

/** Fetches access tokens with client credentials (RFC 6749, 4.4). */
public record TokenEndpoint(
        URI uri,
        ClientCredentials credentials,
        HttpTransport transport,
        String userAgent,
        Duration timeout) {
    private static final Set<Integer> TEMPORARY = Set.of(408, 429, 500, 502, 503, 504);

    /** Fetches a token. The future fails with a TokenFailure. */
    public CompletableFuture<AccessToken> fetch() {
        String scope = credentials.scope();
        String form =
                "grant_type=client_credentials" + (scope == null ? "" : "&scope=" + encoded(scope));
        // Both are encoded as in a form (RFC 6749, 2.3.1).
        String pair = encoded(credentials.clientId()) + ':' + encoded(credentials.clientSecret());
        String basic = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
        Map<String, String> headers =
                Map.of(
                        "Accept", "application/json",
                        "Authorization", "Basic " + basic,
                        "Content-Type", "application/x-www-form-urlencoded",
                        "User-Agent", userAgent);
        return transport
                .sendAsync(new HttpCall("POST", uri, headers, form, timeout))
                .handle(this::read);
    }

    private AccessToken read(HttpAnswer answer, Throwable failure) {
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            throw new TokenFailure(uri + ": " + cause, null, true, cause);
        }
        Map<?, ?> found = objectOf(answer.body());
        if (answer.status() != 200) {
            throw refused(answer.status(), found.get("error"), found.get("error_description"));
        }
        String type = String.valueOf(found.get("token_type"));
        if (!(found.get("access_token") instanceof String token)
                || token.isEmpty()
                || !type.equalsIgnoreCase("bearer")) {
            throw new TokenFailure(uri + ": the response has no bearer token", null, false, null);
        }
        return found.get("expires_in") instanceof Number seconds
                ? new AccessToken(token, Duration.ofSeconds(seconds.longValue()))
                : new AccessToken(token, null);
    }

    private TokenFailure refused(int status, Object error, Object description) {
        StringBuilder text = new StringBuilder(uri + ": status " + status);
        for (Object each : new Object[] {error, description}) {
            if (each instanceof String part) {
                text.append(", ").append(part);
            }
        }
        String safe = text.toString().replace(credentials.clientSecret(), "***");
        String code = error instanceof String found ? found : null;
        return new TokenFailure(safe, code, TEMPORARY.contains(status), null);
    }

    private static Map<?, ?> objectOf(String body) {
        try {
            return Json.read(body) instanceof Map<?, ?> object ? object : Map.of();
        } catch (IllegalArgumentException noJson) {
            return Map.of();
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
