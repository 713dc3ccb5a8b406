import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import waybill.*;
import waybill.model.*;
import waybill.problem.*;
import waybill.testing.FakeWaybill;
import waybill.testing.Operations;

/** Tests of a program that uses the package, without a server. Takes the name of a test. */
public class Checkout {
    private static final UUID ORDER_ID = UUID.randomUUID();
    private static final PlaceOrder WANTED =
            new PlaceOrder("customer-1", "GBP", List.of(), new PaymentMethod("tok_approve"));

    public static void main(String[] arguments) {
        switch (arguments[0]) {
            case "passes" -> {
                answersAreUsedInTheirOrder();
                problemsHaveTheirFields();
                optionsDoNotShowHeaders();
                cancellingEndsTheRequest();
                cancellingEndsTheRetries();
            }
            case "unexpected" -> checkout(new FakeWaybill().client());
            case "unexpected_async" -> new FakeWaybill().client().async().orders().getOrder(ORDER_ID).join();
            case "left" -> new FakeWaybill().expect(Operations.CANCEL_ORDER.returns(order("x"))).verify();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** The program: it places an order and reads it. */
    private static Order checkout(WaybillClient waybill) {
        return waybill.orders().getOrder(waybill.orders().placeOrder(WANTED).orderId());
    }

    private static Order order(String status) {
        Amounts none = new Amounts(0, 0, 0);
        Totals totals = new Totals("GBP", true, 255, 0, none, List.of(), 255, 0, 255);
        OrderStatus open = OrderStatus.of(status);
        Instant now = Instant.EPOCH;
        return new Order(ORDER_ID, "customer-1", open, List.of(), totals, now, now);
    }

    private static void answersAreUsedInTheirOrder() {
        FakeWaybill fake = new FakeWaybill();
        fake.expect(Operations.GET_ORDER.returns(order("shipped")).withHeader("X-Trace-Id", "7"));
        fake.expect(Operations.PLACE_ORDER.returns(order("placed")));
        fake.expect(Operations.GET_ORDER.fails(404, "order-not-found"));

        check(checkout(fake.client()).status().value().equals("shipped"), fake);
        try {
            fake.client().async().orders().getOrder(ORDER_ID).join();
            check(false, "it was found");
        } catch (CompletionException failed) {
            check(failed.getCause() instanceof OrderNotFoundException, failed);
        }

        fake.verify();
        HttpCall sent = fake.requests().get(0);
        check(fake.requests().size() == 3 && sent.headers().get("Idempotency-Key") != null, sent);
        check(sent.body().contains("\"customer_ref\":\"customer-1\""), sent.body());
    }

    private static void problemsHaveTheirFields() {
        FakeWaybill fake = new FakeWaybill();
        Map<String, String> members = Map.of("sku", "MUG-1", "pointer", "/lines/0/sku");
        fake.expect(Operations.PLACE_ORDER.fails(422, "unknown-sku", members));
        try {
            checkout(fake.client());
            check(false, "it was placed");
        } catch (UnknownSkuException unknown) {
            check(unknown.sku().equals("MUG-1"), unknown);
        }
    }

    private static void optionsDoNotShowHeaders() {
        CallOptions options = CallOptions.DEFAULT.withHeader("Authorization", "secret");

        check(options.headers().containsValue("secret"), options);
        check(!options.toString().contains("secret"), options);
    }

    /** Answers nothing, or always 503. */
    private static final class Silent implements HttpTransport {
        private final List<CompletableFuture<HttpAnswer>> sent = new CopyOnWriteArrayList<>();
        private final boolean isUnavailable;

        private Silent(boolean isUnavailable) {
            this.isUnavailable = isUnavailable;
        }

        @Override
        public HttpAnswer send(HttpCall request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<HttpAnswer> sendAsync(HttpCall request) {
            CompletableFuture<HttpAnswer> answer = new CompletableFuture<>();
            sent.add(answer);
            if (isUnavailable) {
                HttpHeaders none = HttpHeaders.of(Map.of(), (name, value) -> true);
                answer.complete(new HttpAnswer(503, none, ""));
            }
            return answer;
        }

        private WaybillAsyncClient client(int attempts) {
            Duration delay = Duration.ofMillis(200);
            Retries retries = new Retries(attempts, delay, delay, delay);
            return WaybillClient.builder("http://waybill.test")
                    .transport(this)
                    .retries(retries)
                    .build()
                    .async();
        }
    }

    private static void cancellingEndsTheRequest() {
        Silent silent = new Silent(false);
        CompletableFuture<Order> followed = silent.client(9).orders().followOrder(ORDER_ID);

        check(followed.cancel(true), followed);

        check(silent.sent.size() == 1 && silent.sent.get(0).isCancelled(), silent.sent);
    }

    private static void cancellingEndsTheRetries() {
        Silent silent = new Silent(true);
        CompletableFuture<List<Order>> listed = silent.client(9).orders().listOrders().toList();
        check(listed.cancel(true), listed);
        int sent = silent.sent.size();

        silent.client(3).orders().getOrder(ORDER_ID).exceptionally(failure -> null).join();

        check(silent.sent.size() == sent + 3, silent.sent); // it took longer than the next delay
    }

    private static void check(boolean isSo, Object seen) {
        if (!isSo) {
            throw new AssertionError("not so: " + seen);
        }
    }
}
