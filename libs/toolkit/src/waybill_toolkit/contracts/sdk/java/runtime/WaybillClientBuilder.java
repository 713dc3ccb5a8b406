package waybill;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import waybill.internal.Bearer;
import waybill.internal.JdkTransport;
import waybill.internal.Settings;
import waybill.internal.TokenCache;
import waybill.internal.TokenEndpoint;
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
    private TokenProvider tokens;
    private ClientCredentials credentials;
    private boolean hasHalfOfCredentials;

    WaybillClientBuilder() {
        headers.put("Accept", "application/json, application/problem+json");
        headers.put("User-Agent", "waybill-java/" + WaybillClient.VERSION);
        String token = variable("WAYBILL_TOKEN");
        String clientId = variable("WAYBILL_CLIENT_ID");
        String clientSecret = variable("WAYBILL_CLIENT_SECRET");
        if (!token.isEmpty()) {
            token(token);
        } else if (!clientId.isEmpty() && !clientSecret.isEmpty()) {
            token(new ClientCredentials(clientId, clientSecret));
        } else {
            hasHalfOfCredentials = !clientId.isEmpty() || !clientSecret.isEmpty();
        }
    }

    private static String variable(String name) {
        return Objects.requireNonNullElse(System.getenv(name), "");
    }

    /** Sets the base URL; by default the one in WAYBILL_BASE_URL. */
    public WaybillClientBuilder baseUrl(String changed) {
        baseUrl = Objects.requireNonNull(changed);
        return this;
    }

    /**
     * Sends an access token with each call; an empty one stands for none. By default a client has the
     * token in WAYBILL_TOKEN, or the credentials in WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET.
     */
    public WaybillClientBuilder token(String token) {
        if (!token.matches("[!-~]*")) { // checked here, as the HTTP client would show it in its error
            throw new IllegalArgumentException("the token has a character that a header cannot have");
        }
        return tokens(token.isEmpty() ? null : any -> CompletableFuture.completedFuture(token), null);
    }

    /** Sends the tokens of a provider. */
    public WaybillClientBuilder token(TokenProvider provider) {
        return tokens(Objects.requireNonNull(provider), null);
    }

    /** Fetches access tokens with client credentials, and sends them. */
    public WaybillClientBuilder token(ClientCredentials changed) {
        return tokens(null, Objects.requireNonNull(changed));
    }

    private WaybillClientBuilder tokens(TokenProvider provider, ClientCredentials changed) {
        tokens = provider;
        credentials = changed;
        hasHalfOfCredentials = false;
        return this;
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
     * @throws IllegalStateException when there is no base URL, or only half of the client credentials
     */
    public WaybillClient build() {
        if (baseUrl == null || baseUrl.isEmpty()) {
            throw new IllegalStateException("there is no base URL; pass one or set WAYBILL_BASE_URL");
        }
        if (hasHalfOfCredentials) {
            throw new IllegalStateException(
                    "set both WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET, or neither");
        }
        String scheme = URI.create(baseUrl).getScheme();
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("the base URL has no http:// or https://: " + baseUrl);
        }
        String base = baseUrl.replaceFirst("/+$", "");
        Settings settings =
                new Settings(
                        base, Map.copyOf(headers), timeout, retries, authorized(base), log);
        return new WaybillClient(new WaybillRequests(new Transport(settings)));
    }

    private HttpTransport authorized(String base) {
        HttpTransport plain = transport == null ? new JdkTransport(usual()) : transport;
        TokenProvider provider = credentials == null ? tokens : cache(base, plain);
        return provider == null ? plain : new Bearer(plain, provider);
    }

    private TokenProvider cache(String base, HttpTransport plain) {
        String url = Objects.requireNonNullElse(credentials.tokenUrl(), base + "/oauth/token");
        String agent = headers.get("User-Agent");
        return new TokenCache(
                new TokenEndpoint(URI.create(url), credentials, plain, agent, timeout)::fetch);
    }

    private static HttpClient usual() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_MAX)
                .build();
    }
}
