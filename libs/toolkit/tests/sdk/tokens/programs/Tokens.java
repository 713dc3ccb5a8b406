import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import waybill.*;
import waybill.internal.Json;
import waybill.model.Order;

/** Calls the API with tokens of its own. Arguments: [async] SCENARIO ADDRESS. */
public class Tokens {
    private static final UUID ORDER_ID = UUID.fromString("01890a5d-ac96-774b-bcce-b302099a8057");
    private static final Retries QUICK =
            new Retries(3, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(5));
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private final boolean isAsync;
    private final String address;

    private Tokens(boolean isAsync, String address) {
        this.isAsync = isAsync;
        this.address = address;
    }

    public static void main(String[] arguments) {
        int first = arguments.length - 2;
        Map<String, Object> found;
        try {
            found = new Tokens(first > 0, arguments[first + 1]).run(arguments[first]);
        } catch (RuntimeException failure) {
            found = describe(failure);
        }
        System.out.println(Json.write(found));
        THREADS.shutdown();
    }

    private Map<String, Object> run(String scenario) {
        return switch (scenario) {
            case "once" -> calls(each -> each, 1);
            case "twice" -> calls(each -> each, 1, 1);
            case "many" -> calls(each -> each, 20, 1);
            case "once_and_many" -> calls(each -> each, 1, 20);
            case "scoped" -> {
                String url = address + "/realms/shop/token";
                var scoped = new ClientCredentials("shop", "s", "orders:read a", url);
                yield calls(each -> each.token(scoped), 1);
            }
            case "unreachable" -> {
                var lost = new ClientCredentials("shop", "s", null, "http://127.0.0.1:9/token");
                yield calls(each -> each.token(lost), 1);
            }
            case "provider" -> provided(refused -> refused == null ? "old" : "new");
            case "stubborn" -> provided(refused -> "old");
            case "unsendable" -> provided(refused -> "old\nX: 1");
            case "own" -> calls(each -> each.header("authorization", "Bearer mine"), 1);
            case "printed" -> {
                var texts = List.of(new ClientCredentials("shop", "t0p"), new AccessToken("t0p", null));
                yield seen("all", texts.toString());
            }
            default -> throw new IllegalArgumentException(scenario);
        };
    }

    private Map<String, Object> calls(UnaryOperator<WaybillClientBuilder> change, int... counts) {
        WaybillClient waybill = change.apply(WaybillClient.builder(address).retries(QUICK)).build();
        List<Object> statuses = new ArrayList<>();
        for (int count : counts) {
            List<CompletableFuture<Order>> asked = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                asked.add(
                        isAsync
                                ? waybill.async().orders().getOrder(ORDER_ID)
                                : CompletableFuture.supplyAsync(
                                        () -> waybill.orders().getOrder(ORDER_ID), THREADS));
            }
            asked.forEach(each -> statuses.add(joined(each).status().value()));
        }
        return seen("statuses", statuses);
    }

    private Map<String, Object> provided(UnaryOperator<String> give) {
        List<Object> asked = new ArrayList<>();
        TokenProvider provider =
                refused -> {
                    asked.add(refused);
                    return CompletableFuture.completedFuture(give.apply(refused));
                };
        Map<String, Object> found = calls(each -> each.token(provider), 1);
        found.put("asked", asked);
        return found;
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

    private static Map<String, Object> describe(RuntimeException failure) {
        Map<String, Object> found =
                seen(
                        "error", failure.getClass().getSimpleName(),
                        "text", failure.getMessage(),
                        "all", failure + " " + failure.getCause());
        if (failure instanceof TokenException token) {
            found.put("error", "token");
            found.put("code", token.code());
        }
        if (failure instanceof WaybillException call) {
            found.put("attempts", call.attempts());
        }
        return found;
    }

    private static Map<String, Object> seen(Object... members) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (int index = 0; index < members.length; index += 2) {
            found.put((String) members[index], members[index + 1]);
        }
        return found;
    }
}
