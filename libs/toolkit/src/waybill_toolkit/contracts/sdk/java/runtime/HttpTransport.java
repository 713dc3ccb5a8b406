package waybill;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Sends HTTP requests. Implement it to use another HTTP client. */
public interface HttpTransport {
    /**
     * Sends a request and waits for the response.
     *
     * @throws java.net.ConnectException when no connection could be opened; then every call is retried
     * @throws IOException when there was no response; then calls are retried if that is safe
     */
    HttpAnswer send(HttpCall request) throws IOException, InterruptedException;

    /** The same without waiting; the future fails with the same exceptions. */
    CompletableFuture<HttpAnswer> sendAsync(HttpCall request);
}
