import java.util.List;
import java.util.UUID;
import org.openapitools.client.ApiException;
import org.openapitools.client.Configuration;
import org.openapitools.client.api.OrdersApi;
import org.openapitools.client.model.OrderStatus;
import org.openapitools.client.model.PaymentMethod;
import org.openapitools.client.model.PlaceOrder;
import org.openapitools.client.model.PlaceOrderLine;
import org.openapitools.client.model.ProblemUnknownSku;

/** Places an order with the client that openapi-generator writes in Java. */
public class OpenapiGenerator {
    public static void main(String[] arguments) throws Exception {
        var sku = arguments[0];
        var reference = arguments[1];
        var client = Configuration.getDefaultApiClient();
        Library.authorize(client, System.getenv("WAYBILL_TOKEN"));
        var orders = new OrdersApi(client);

        var line = new PlaceOrderLine().sku(sku).quantity(2L);
        var body = new PlaceOrder()
            .reference(reference).customerRef("outside").currency("GBP")
            .lines(List.of(line)).payment(new PaymentMethod().token("tok_approve"));
        var order = orders.placeOrder(freshKey(), body);
        while (order.getStatus() == OrderStatus.PLACED) {
            Thread.sleep(100);
            order = orders.getOrder(order.getOrderId());
        }
        System.out.println("order " + order.getOrderId() + " " + order.getStatus());

        for (var each : orders.listOrders(null, null, null, null, reference).getItems()) {
            System.out.println("listed " + each.getOrderId());
        }

        try {
            orders.placeOrder(freshKey(), body.lines(List.of(line.sku("UNKNOWN"))));
        } catch (ApiException refusal) {
            var problem = (ProblemUnknownSku) Library.problem(client, refusal).getActualInstance();
            System.out.println("problem " + refusal.getClass().getSimpleName() + " with the JSON of "
                + problem.getClass().getSimpleName() + " " + refusal.getCode() + " " + problem.getType().getValue());
        }
    }

    private static String freshKey() {
        return UUID.randomUUID().toString();
    }
}
