package waybill;

/**
 * OAuth client credentials (RFC 6749, 4.4), with which a client gets its access tokens.
 *
 * @param clientId the id of the client
 * @param clientSecret its secret
 * @param scope the scopes of the tokens; null stands for all that the client may have
 * @param tokenUrl the token endpoint; null stands for /oauth/token at the base URL
 */
public record ClientCredentials(
        String clientId, String clientSecret, String scope, String tokenUrl) {

    /** Requires an id and a secret. */
    public ClientCredentials {
        if (clientId == null || clientId.isEmpty() || clientSecret == null || clientSecret.isEmpty()) {
            throw new IllegalArgumentException("client credentials have a clientId and a clientSecret");
        }
    }

    /** Creates credentials for all scopes of the client. */
    public ClientCredentials(String clientId, String clientSecret) {
        this(clientId, clientSecret, null, null);
    }

    /** Leaves out the secret. */
    @Override
    public String toString() {
        return "ClientCredentials[clientId=%s, scope=%s, tokenUrl=%s]"
                .formatted(clientId, scope, tokenUrl);
    }
}
