import java.io.IOException;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.model.PlaceOrder422Response;

/** What differs in the clients for OkHttp, with Gson. */
class Library {
    static void authorize(ApiClient client, String token) {
        client.setBearerToken(token);
    }

    static PlaceOrder422Response problem(ApiClient client, ApiException refusal) throws IOException {
        return PlaceOrder422Response.fromJson(refusal.getResponseBody());
    }
}
