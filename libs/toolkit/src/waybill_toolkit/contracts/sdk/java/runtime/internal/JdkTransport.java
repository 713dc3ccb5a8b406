package waybill.internal;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import waybill.HttpAnswer;
import waybill.HttpCall;
import waybill.HttpTransport;

/** Sends requests with the HTTP client of the JDK. */
public record JdkTransport(HttpClient client) implements HttpTransport {
    @Override
    public HttpAnswer send(HttpCall request) throws IOException, InterruptedException {
        return answer(client.send(converted(request), BodyHandlers.ofString(StandardCharsets.UTF_8)));
    }

    @Override
    public CompletableFuture<HttpAnswer> sendAsync(HttpCall request) {
        return Futures.map(
                client.sendAsync(
                        converted(request), BodyHandlers.ofString(StandardCharsets.UTF_8)),
                JdkTransport::answer);
    }

    private static HttpRequest converted(HttpCall call) {
        BodyPublisher body =
                call.body() == null
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofString(call.body());
        HttpRequest.Builder request = HttpRequest.newBuilder(call.uri()).timeout(call.timeout());
        call.headers().forEach(request::setHeader);
        return request.method(call.method(), body).build();
    }

    private static HttpAnswer answer(HttpResponse<String> response) {
        return new HttpAnswer(response.statusCode(), response.headers(), response.body());
    }
}
