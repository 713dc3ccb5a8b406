package waybill.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import waybill.HttpAnswer;
import waybill.HttpCall;
import waybill.HttpTransport;
import waybill.Retries;
import waybill.WaybillClient;

/** Replaces the API in tests of programs that use the client. */
public final class FakeWaybill implements HttpTransport {
    private final List<CannedAnswer> answers = new ArrayList<>();
    private final List<HttpCall> requests = new ArrayList<>();

    /** Creates a fake without answers. */
    public FakeWaybill() {}

    /** Adds an answer, which is used once. Those of one operation are used in their order. */
    public synchronized FakeWaybill expect(CannedAnswer answer) {
        answers.add(answer);
        return this;
    }

    /** Returns a client whose requests it answers. The client does not retry. */
    public WaybillClient client() {
        return WaybillClient.builder("http://waybill.test")
                .transport(this)
                .token("")
                .retries(Retries.NONE)
                .build();
    }

    /** Returns all requests so far. */
    public synchronized List<HttpCall> requests() {
        return List.copyOf(requests);
    }

    /** Throws AssertionError when an answer has not been requested. */
    public synchronized void verify() {
        if (!answers.isEmpty()) {
            List<String> left = answers.stream().map(CannedAnswer::operation).toList();
            throw new AssertionError("not called: " + String.join(", ", left));
        }
    }

    /** Throws AssertionError when there is no answer. */
    @Override
    public synchronized HttpAnswer send(HttpCall request) {
        requests.add(request);
        String operation = nameOf(request);
        for (CannedAnswer each : answers) {
            if (each.operation().equals(operation)) {
                answers.remove(each);
                return each.http();
            }
        }
        throw new AssertionError(operation + " (" + request + ") has no answer; add one with expect");
    }

    @Override
    public CompletableFuture<HttpAnswer> sendAsync(HttpCall request) {
        try {
            return CompletableFuture.completedFuture(send(request));
        } catch (AssertionError missing) {
            return CompletableFuture.failedFuture(missing);
        }
    }

    private static String nameOf(HttpCall request) {
        for (Operation<?> each : Operations.ALL) {
            if (each.matches(request.method(), request.uri().getRawPath())) {
                return each.name;
            }
        }
        return "an unknown operation";
    }
}
