import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import waybill.*;
import waybill.internal.Codec;
import waybill.internal.Json;
import waybill.model.*;
import waybill.problem.*;

/**
 * Calls the API as a program of a user does, and prints what it sees as JSON. The tests run it and write
 * lines to it: ADDRESS, a tab, SCENARIO. An ADDRESS with "async " before it lets the calls return futures.
 */
public class Calls {
    private static final UUID ORDER_ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
    private static final Retries QUICK =
            new Retries(3, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(5));
    private static final CallOptions ONCE = CallOptions.DEFAULT.withRetries(Retries.NONE);
    private static final PlaceOrder ORDER =
            new PlaceOrder(
                    "customer-1",
                    "GBP",
                    List.of(new PlaceOrderLine("MUG-1", 1)),
                    new PaymentMethod("tok_approve"));

    private final List<Object> events = new ArrayList<>();
    private final boolean isAsync;
    private final URI address;
    private final WaybillClient waybill;

    private Calls(String address) {
        isAsync = address.startsWith("async ");
        String baseUrl = address.replaceFirst("^async ", "");
        this.address = URI.create(baseUrl);
        WaybillClientBuilder builder =
                baseUrl.isEmpty() ? WaybillClient.builder() : WaybillClient.builder(baseUrl);
        waybill =
                builder.retries(QUICK)
                        .userAgent("shop/2.1")
                        .header("X-Shop", "north")
                        .header("idempotency-key", "of all calls")
                        .logger(this::log)
                        .build();
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] asked = line.split("\t");
            Map<String, Object> found;
            List<Object> events = List.of();
            try {
                Calls program = new Calls(asked[0]);
                events = program.events;
                found = program.run(asked[1]);
            } catch (WaybillException failure) {
                found = report(failure);
            } catch (IllegalArgumentException | IllegalStateException wrong) {
                found = seen("kind", "wrong", "text", wrong.getMessage());
            }
            found.put("events", events);
            System.out.println(Json.write(found));
        }
    }

    private Map<String, Object> run(String name) {
        return switch (name) {
            case "read" -> read();
            case "follow" -> status(follow());
            case "place" -> status(place(CallOptions.DEFAULT));
            case "place_once" -> status(place(ONCE.withIdempotencyKey("mine")));
            case "place_twice" -> placeTwice();
            case "set_price" -> setPrice();
            case "hurry" -> status(get(ONCE.withTimeout(Duration.ofMillis(100))));
            case "options" -> options();
            case "own_client" -> ownClient();
            case "wrong_key" -> status(get(CallOptions.withKey("mine")));
            default -> throw new IllegalArgumentException(name);
        };
    }

    private void log(CallEvent event) {
        events.add(
                seen(
                        "method", event.method(),
                        "path", event.path(),
                        "attempt", event.attempt(),
                        "status", event.status(),
                        "trace", event.traceId(),
                        "failed", event.failure() != null,
                        "took", !event.duration().isZero()));
    }

    private Map<String, Object> read() {
        Order one = get(CallOptions.DEFAULT);
        List<Object> listed = new ArrayList<>();
        if (isAsync) {
            joined(waybill.async().orders().listOrders().toList())
                    .forEach(each -> listed.add(each.status().value()));
        } else {
            waybill.orders().listOrders().forEach(each -> listed.add(each.status().value()));
        }
        return seen(
                "status", one.status().value(),
                "known", one.status().isKnown(),
                "extra", one.additionalProperties(),
                "totals_extra", one.totals().additionalProperties(),
                "listed", listed,
                "written", Json.write(Codec.toJson(one)));
    }

    private Order get(CallOptions options) {
        return isAsync
                ? joined(waybill.async().orders().getOrder(ORDER_ID, options))
                : waybill.orders().getOrder(ORDER_ID, options);
    }

    private Order follow() {
        Duration timeout = Duration.ofSeconds(1);
        return isAsync
                ? joined(waybill.async().orders().followOrder(ORDER_ID, timeout))
                : waybill.orders().followOrder(ORDER_ID, timeout);
    }

    private Order place(CallOptions options) {
        return isAsync
                ? joined(waybill.async().orders().placeOrder(ORDER, options))
                : waybill.orders().placeOrder(ORDER, options);
    }

    /** Repeats a failed call with the key of its exception. */
    private Map<String, Object> placeTwice() {
        Map<String, Object> found;
        try {
            found = status(place(ONCE));
            found.put("failed", false);
        } catch (WaybillException failure) {
            found = status(place(ONCE.withIdempotencyKey(failure.idempotencyKey())));
            found.put("failed", true);
        }
        return found;
    }

    private Map<String, Object> setPrice() {
        SetPrice price = new SetPrice(new PriceInput(1, "GBP"));
        if (isAsync) {
            joined(waybill.async().catalog().setPrice("A B/C", "\"1\"", price));
        } else {
            waybill.catalog().setPrice("A B/C", "\"1\"", price);
        }
        return seen();
    }

    private Map<String, Object> options() {
        CallOptions options = CallOptions.DEFAULT.withHeader("X-Call", "7");
        Request<Order> request = waybill.requests().orders().getOrder(ORDER_ID, options);
        Answer<Order> answer = isAsync ? joined(request.sendAsync()) : request.send();
        return seen(
                "status", answer.value().status().value(),
                "http", answer.status(),
                "trace", answer.traceId(),
                "type", answer.headers().firstValue("content-type").orElse(null),
                "body", answer.body());
    }

    /** Sends a request to the address as to a proxy. */
    private Map<String, Object> ownClient() {
        InetSocketAddress proxy = new InetSocketAddress(address.getHost(), address.getPort());
        HttpClient http = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).build();
        WaybillClient own = WaybillClient.builder("http://waybill.test").httpClient(http).build();
        Request<Order> request = own.requests().orders().getOrder(ORDER_ID, CallOptions.DEFAULT);
        return seen("http", (isAsync ? joined(request.sendAsync()) : request.send()).status());
    }

    private static <T> T joined(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw failed;
        }
    }

    private static Map<String, Object> status(Order order) {
        return seen("status", order.status().value());
    }

    private static Map<String, Object> report(WaybillException failure) {
        Map<String, Object> found =
                seen(
                        "kind", kind(failure),
                        "text", failure.getMessage(),
                        "method", failure.method(),
                        "path", failure.path(),
                        "key", failure.idempotencyKey() == null ? "" : failure.idempotencyKey(),
                        "attempts", failure.attempts(),
                        "status", failure.status(),
                        "trace", failure.traceId() == null ? "" : failure.traceId(),
                        "type", failure.headers().firstValue("content-type").orElse(""),
                        "body", failure.body());
        if (failure instanceof ProblemException it) {
            found.put("slug", it.problem().slug());
            found.put("detail", it.problem().detail());
            found.put("extra", it.problem().additionalProperties());
        }
        if (failure instanceof UnknownSkuException it) {
            found.put("sku", it.sku() == null ? "" : it.sku());
        }
        if (failure instanceof OrderRefusedException it) {
            found.put("code", it.code());
            found.put("extra", it.last().rejection().additionalProperties());
        }
        if (failure instanceof NotFinalException it) {
            found.put("state", it.state());
            found.put("last", ((Order) it.last()).status().value());
        }
        return found;
    }

    private static String kind(WaybillException failure) {
        Class<?> type = failure.getClass();
        if (type == ProblemException.class) {
            return "problem";
        }
        if (type == OrderRefusedException.class) {
            return "refused";
        }
        return switch (type.getSimpleName()) {
            case "UnknownSkuException" -> "unknown sku";
            case "NoAnswerException" -> "no answer";
            case "UnreadableAnswerException" -> "unreadable";
            case "NotFinalException" -> "not final";
            default -> type.getSimpleName();
        };
    }

    private static Map<String, Object> seen(Object... members) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (int index = 0; index < members.length; index += 2) {
            found.put((String) members[index], members[index + 1]);
        }
        return found;
    }
}
