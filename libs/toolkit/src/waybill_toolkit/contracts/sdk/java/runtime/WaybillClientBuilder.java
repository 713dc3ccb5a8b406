package waybill;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import waybill.internal.JdkTransport;
import waybill.internal.Settings;
import waybill.internal.Transport;

/** The options of a client. */
public final class WaybillClientBuilder {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

    /** Above the timeout of the gateway for a service, 40 s. */
    private static final Duration ATTEMPT_MAX = Duration.ofSeconds(45);

    private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private String baseUrl = System.getenv("WAYBILL_BASE_URL");
    private Duration timeout = ATTEMPT_MAX;
    private Retries retries = Retries.DEFAULT;
    private HttpTransport transport;
    private Consumer<CallEvent> log = event -> {};

    WaybillClientBuilder() {
        headers.put("Accept", "application/json, application/problem+json");
        headers.put("User-Agent", "waybill-java/" + WaybillClient.VERSION);
        String token = System.getenv("WAYBILL_TOKEN");
        if (token != null && !token.isEmpty()) {
            token(token);
        }
    }

    /** Sets the base URL; by default the one in WAYBILL_BASE_URL. */
    public WaybillClientBuilder baseUrl(String changed) {
        baseUrl = Objects.requireNonNull(changed);
        return this;
    }

    /** Sends a bearer token with each call; by default the one in WAYBILL_TOKEN. */
    public WaybillClientBuilder token(String token) {
        if (!token.matches("[!-~]+")) { // checked here, as the HTTP client would show it in its error
            throw new IllegalArgumentException("the token has a character that a header cannot have");
        }
        return header("Authorization", "Bearer " + token);
    }

    /** Sets a header of every request, except Idempotency-Key, which belongs to one call. */
    public WaybillClientBuilder header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    /** Appends the name of a program to the User-Agent, such as "shop/2.1". */
    public WaybillClientBuilder userAgent(String program) {
        return header("User-Agent", headers.get("User-Agent") + ' ' + program);
    }

    /** Limits each attempt of a call; by default to 45 seconds. */
    public WaybillClientBuilder timeout(Duration changed) {
        timeout = Objects.requireNonNull(changed);
        return this;
    }

    /** Configures retries. */
    public WaybillClientBuilder retries(Retries changed) {
        retries = Objects.requireNonNull(changed);
        return this;
    }

    /** Replaces the HTTP client of the JDK, for a proxy, TLS or an executor. */
    public WaybillClientBuilder httpClient(HttpClient client) {
        return transport(new JdkTransport(Objects.requireNonNull(client)));
    }

    /** Uses another HTTP client. */
    public WaybillClientBuilder transport(HttpTransport changed) {
        transport = Objects.requireNonNull(changed);
        return this;
    }

    /** Calls a function after each attempt of a call. It must not block. */
    public WaybillClientBuilder logger(Consumer<CallEvent> changed) {
        log = Objects.requireNonNull(changed);
        return this;
    }

    /**
     * Creates the client.
     *
     * @throws IllegalStateException when there is no base URL
     */
    public WaybillClient build() {
        if (baseUrl == null || baseUrl.isEmpty()) {
            throw new IllegalStateException("there is no base URL; pass one or set WAYBILL_BASE_URL");
        }
        String scheme = URI.create(baseUrl).getScheme();
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("the base URL has no http:// or https://: " + baseUrl);
        }
        Settings settings =
                new Settings(
                        baseUrl.replaceFirst("/+$", ""),
                        Map.copyOf(headers),
                        timeout,
                        retries,
                        transport == null ? new JdkTransport(usual()) : transport,
                        log);
        return new WaybillClient(new WaybillRequests(new Transport(settings)));
    }

    private static HttpClient usual() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_MAX)
                .build();
    }
}
