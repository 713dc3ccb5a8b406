import com.fasterxml.jackson.core.JsonProcessingException;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.model.PlaceOrder422Response;

/** What differs in the clients for the JDK's own HTTP client, with Jackson. */
class Library {
    static void authorize(ApiClient client, String token) {
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    }

    static PlaceOrder422Response problem(ApiClient client, ApiException refusal)
            throws JsonProcessingException {
        return client.getObjectMapper().readValue(refusal.getResponseBody(), PlaceOrder422Response.class);
    }
}
