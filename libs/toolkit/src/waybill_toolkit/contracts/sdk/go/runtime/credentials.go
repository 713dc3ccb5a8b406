package waybill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ClientCredentials are OAuth client credentials (RFC 6749, 4.4), with which a client gets its access
// tokens.
type ClientCredentials struct {
	ID, Secret string
	// Scope is by default all scopes that the client may have.
	Scope string
	// TokenURL is by default /oauth/token at the base URL.
	TokenURL string
}

// String leaves out the secret.
func (c ClientCredentials) String() string { return fmt.Sprintf("client credentials of %s", c.ID) }

// GoString leaves out the secret.
func (c ClientCredentials) GoString() string { return c.String() }

// TokenError means that there was no access token for a call, which was not executed. Code is the error
// code of the token endpoint, such as invalid_client; Err is another cause.
type TokenError struct {
	CallError
	Code string
}

func (e *TokenError) Error() string { return e.message(fmt.Sprintf("no access token: %v", e.Err)) }
func (e *TokenError) Unwrap() error { return &e.CallError }

// tokenFailure is the reason of a TokenError.
type tokenFailure struct {
	error
	code        string
	isTemporary bool
}

func (f *tokenFailure) Unwrap() error { return f.error }

func tokenFailureOf(err error) error {
	var failure *tokenFailure
	if errors.As(err, &failure) {
		return failure
	}
	return &tokenFailure{error: err}
}

// tokensOf returns the source of the tokens of a client.
func (c *connection) tokensOf(credentials ClientCredentials) TokenSource {
	return CachedTokens(func(ctx context.Context) (AccessToken, error) {
		return c.fetchToken(ctx, credentials)
	})
}

func (c *connection) fetchToken(ctx context.Context, credentials ClientCredentials) (AccessToken, error) {
	if credentials.ID == "" || credentials.Secret == "" {
		return AccessToken{}, errors.New("the client credentials have no ID or no Secret")
	}
	target := cmp.Or(credentials.TokenURL, c.baseURL+"/oauth/token")
	form := url.Values{"grant_type": {"client_credentials"}}
	if credentials.Scope != "" {
		form.Set("scope", credentials.Scope)
	}
	body := form.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		return AccessToken{}, err
	}
	// Both are encoded as in a form (RFC 6749, 2.3.1).
	request.SetBasicAuth(url.QueryEscape(credentials.ID), url.QueryEscape(credentials.Secret))
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", c.userAgent)
	response, err := c.exchange(request, []byte(body))
	if err != nil {
		return AccessToken{}, &tokenFailure{error: fmt.Errorf("%s: %w", target, err), isTemporary: true}
	}
	return response.accessToken(target, credentials.Secret)
}

// accessToken reads a response of the token endpoint. Its error does not contain the secret.
func (r *Response) accessToken(target, secret string) (AccessToken, error) {
	var found struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   any    `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	unread := json.Unmarshal(r.Body, &found)
	if r.Status != http.StatusOK {
		text := fmt.Sprintf("%s: status %d", target, r.Status)
		for _, each := range []string{found.Error, found.Description} {
			if each != "" {
				text += ", " + each
			}
		}
		failure := errors.New(strings.ReplaceAll(text, secret, "***"))
		return AccessToken{}, &tokenFailure{failure, found.Error, isTemporaryAtEndpoint(r.Status)}
	}
	if unread != nil || found.AccessToken == "" || !strings.EqualFold(found.TokenType, "bearer") {
		return AccessToken{}, fmt.Errorf("%s: the response has no bearer token", target)
	}
	token := AccessToken{Value: found.AccessToken}
	if seconds, ok := found.ExpiresIn.(float64); ok {
		token.ExpiresIn = max(time.Duration(seconds*float64(time.Second)), 1)
	}
	return token, nil
}

func isTemporaryAtEndpoint(status int) bool {
	return status == http.StatusInternalServerError || isTemporaryStatus(status)
}
