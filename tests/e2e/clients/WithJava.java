import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.stream.StreamSupport;
import waybill.CallOptions;
import waybill.Items;
import waybill.NoAnswerException;
import waybill.NotFinalException;
import waybill.Retries;
import waybill.UnreadableAnswerException;
import waybill.WaybillClient;
import waybill.WaybillException;
import waybill.internal.Json;
import waybill.model.*;
import waybill.problem.*;

/** What a program does with the package for Java. test_sdk_compiled.py runs it: ADDRESS SCENARIO... */
public class WithJava {
    private static final String SOLD = "JAVA SOLD";
    private static final String SCARCE = "JAVA SCARCE";

    private final WaybillClient waybill;

    private WithJava(String address) {
        Retries quick =
                new Retries(5, Duration.ofMillis(10), Duration.ofSeconds(1), Duration.ofSeconds(30));
        waybill = WaybillClient.builder(address).retries(quick).token("secret").build();
    }

    public static void main(String[] arguments) throws IOException {
        WithJava program = new WithJava(arguments[0]);
        for (String name : List.of(arguments).subList(1, arguments.length)) {
            switch (name) {
                case "an_order_is_followed_to_confirmed" -> program.followedToConfirmed();
                case "all_orders_come_page_by_page" -> program.pageByPage();
                case "a_refusal_for_lack_of_stock_has_its_class" -> program.outOfStock();
                case "problems_have_classes_and_fields" -> program.problems();
                case "a_change_is_based_on_what_was_read" -> program.basedOnWhatWasRead();
                case "a_repeated_post_places_one_order" -> program.oneOrder();
                case "survives" -> program.survives(Duration.ofSeconds(30));
                case "survives_briefly" -> program.survives(Duration.ofSeconds(1));
                case "place" -> program.report(program::place);
                case "set_price" -> program.report(program::setPrice);
                case "look" -> program.report(program::look);
                case "json" -> json();
                default -> throw new IllegalArgumentException(name);
            }
        }
    }

    private static PlaceOrder wanted(String sku, String customer, long quantity) {
        PaymentMethod approved = new PaymentMethod("tok_approve");
        return new PlaceOrder(customer, "GBP", List.of(new PlaceOrderLine(sku, quantity)), approved);
    }

    private void followedToConfirmed() {
        Order placed = waybill.orders().placeOrder(wanted(SOLD, "java", 2));
        check(placed.status() == OrderStatus.PLACED && placed.reference() == null, placed);

        Order order = waybill.orders().followOrder(placed.orderId());

        check(order.status() == OrderStatus.CONFIRMED, order);
        check(order.totals().grossMinor() == 510 && order.totals().currency().equals("GBP"), order);
        check(!order.updatedAt().isBefore(order.placedAt()), order);
        OrderHistory history = waybill.orders().getOrderHistory(order.orderId());
        check(history.transitions().get(0).number() == 1, history);
    }

    private void pageByPage() {
        String customer = "java-" + UUID.randomUUID();
        List<UUID> placed = new ArrayList<>();
        for (int number = 0; number < 5; number++) {
            placed.add(0, waybill.orders().placeOrder(wanted(SOLD, customer, 1)).orderId());
        }
        ListOrdersOptions options =
                new ListOrdersOptions().withCustomerRef(customer).withLimit(2L);

        Items<Order> orders = waybill.orders().listOrders(options);
        check(orders.stream().map(Order::orderId).toList().equals(placed), placed);
        check(StreamSupport.stream(orders.spliterator(), false).count() == 5, "again");

        OrderPage page = waybill.orders().listOrdersPage(options);
        check(page.items().size() == 2 && page.nextCursor() != null, page);
    }

    private void outOfStock() {
        Order placed = waybill.orders().placeOrder(wanted(SCARCE, "java", 2));
        try {
            waybill.orders().followOrder(placed.orderId());
            check(false, "it was not refused");
        } catch (OrderOutOfStockException soldOut) {
            OrderRefusedException refused = soldOut;
            check(refused.last().orderId().equals(placed.orderId()), refused);
            check(refused.last().rejection().code() == RejectionCode.OUT_OF_STOCK, refused);
        }
    }

    private void problems() {
        try {
            waybill.orders().placeOrder(wanted("JAVA NOWHERE", "java", 1));
            check(false, "it was not refused");
        } catch (UnknownSkuException unknown) {
            check(unknown.sku().equals("JAVA NOWHERE"), unknown);
            check(unknown.pointer().equals("/lines/0/sku") && unknown.status() == 422, unknown);
            check(unknown.problem().traceId().length() == 32, unknown);
        }
        try {
            waybill.orders().placeOrder(wanted("not a sku!", "java", 1));
            check(false, "it was not refused");
        } catch (InvalidBodyException invalid) {
            check(invalid.errors().get(0).pointer().equals("/lines/0/sku"), invalid);
        }
        try {
            waybill.orders().getOrder(UUID.randomUUID());
            check(false, "it was found");
        } catch (ProblemException missing) {
            check(missing instanceof OrderNotFoundException, missing);
        }
    }

    private void basedOnWhatWasRead() {
        GetVariantAnswer variant = waybill.catalog().getVariant(SCARCE);
        SetPrice price = new SetPrice(new PriceInput(256, "GBP"));

        SetPriceAnswer changed = waybill.catalog().setPrice(SCARCE, variant.etag(), price);
        check(changed.body().version() == variant.body().version() + 1, changed);

        try {
            waybill.catalog().setPrice(SCARCE, variant.etag(), price);
            check(false, "it was not refused");
        } catch (VersionMismatchException mismatch) {
            check(mismatch.status() == 412, mismatch);
        }
    }

    private void oneOrder() {
        String reference = "java-" + UUID.randomUUID();

        Order placed =
                waybill.orders().placeOrder(wanted(SOLD, "java", 1).withReference(reference));

        ListOrdersOptions options = new ListOrdersOptions().withReference(reference);
        List<UUID> found =
                waybill.orders().listOrders(options).stream().map(Order::orderId).toList();
        check(found.equals(List.of(placed.orderId())), found);
    }

    /** Prints the reference of an order, and its status when it was placed, followed and listed. */
    private void survives(Duration patience) {
        String reference = "java-" + UUID.randomUUID();
        PlaceOrder wanted = wanted(SOLD, "java", 1).withReference(reference);
        Order placed;
        try {
            placed = waybill.async().orders().placeOrder(wanted).join();
        } catch (CompletionException failed) {
            check(failed.getCause() instanceof UnreadableAnswerException, failed);
            String key = ((WaybillException) failed.getCause()).idempotencyKey();
            placed = waybill.orders().placeOrder(wanted, CallOptions.withKey(key));
        }
        System.out.println(reference);
        System.out.println(placed.status());
        try {
            System.out.println(waybill.orders().followOrder(placed.orderId(), patience).status());
        } catch (OrderRefusedException refused) {
            System.out.println("refused " + refused.code());
        } catch (NotFinalException late) {
            System.out.println("not final " + late.state());
        }
        ListOrdersOptions options = new ListOrdersOptions().withReference(reference);
        waybill.orders().listOrders(options).forEach(each -> System.out.println(each.status()));
    }

    private void place() {
        waybill.orders().placeOrder(wanted(SOLD, "java", 1), CallOptions.withKey("mine"));
    }

    private void setPrice() {
        waybill.catalog().setPrice("A B/C", "\"1\"", new SetPrice(new PriceInput(1, "GBP")));
    }

    private void look() {
        waybill.inventory().getStock("A");
    }

    private void report(Runnable call) {
        try {
            call.run();
            System.out.println("done");
        } catch (ProblemException refusal) {
            System.out.println(refusal.problem().slug());
        } catch (NoAnswerException silence) {
            String key = silence.idempotencyKey() == null ? "" : silence.idempotencyKey();
            System.out.println("no answer " + silence.attempts() + " " + key);
        } catch (UnreadableAnswerException answer) {
            System.out.println("unreadable " + answer.status());
        } catch (WaybillException other) {
            System.out.println(other);
        }
    }

    /** Reads a document from each line, and writes it again. */
    private static void json() throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                System.out.println(Json.write(Json.read(line)));
            } catch (IllegalArgumentException fault) {
                System.out.println("refused");
            }
        }
    }

    private static void check(boolean isSo, Object seen) {
        if (!isSo) {
            throw new AssertionError("not so: " + seen);
        }
    }
}
