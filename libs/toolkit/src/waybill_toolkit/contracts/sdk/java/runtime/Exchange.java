package waybill;

/**
 * A request of the client and its last response.
 *
 * @param method the method
 * @param path the path
 * @param idempotencyKey the key of the request; null for operations that take none
 * @param attempts how often it was sent
 * @param answer the response; HttpAnswer.NONE when there was none
 */
public record Exchange(
        String method, String path, String idempotencyKey, int attempts, HttpAnswer answer) {}
