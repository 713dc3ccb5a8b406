package waybill

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// TokenSource returns the access token of a request. It is called before each request with an empty
// text. When the API refuses a token as invalid, it is called once more with that token, and the request
// is sent again with the token that it returns, if that is another.
type TokenSource func(ctx context.Context, refused string) (string, error)

// AccessToken is a token, and how long it is valid from now on; 0 stands for until the API refuses it.
type AccessToken struct {
	Value     string
	ExpiresIn time.Duration
}

// expiryMargin is how long before its expiry a token is replaced: it must still be valid when it arrives.
const expiryMargin = 10 * time.Second

// CachedTokens returns a source that keeps the token of `fetch` until shortly before it expires. Calls
// that need a token at the same time wait for one fetch, which takes at most 45 seconds.
func CachedTokens(fetch func(context.Context) (AccessToken, error)) TokenSource {
	return (&tokenCache{fetch: fetch}).token
}

type tokenCache struct {
	fetch func(context.Context) (AccessToken, error)

	mu      sync.Mutex
	value   string
	until   time.Time // zero when it does not expire
	running *tokenFetch
}

type tokenFetch struct {
	done  chan struct{}
	value string
	err   error
}

func (c *tokenCache) token(ctx context.Context, refused string) (string, error) {
	value, running := c.find(ctx, refused)
	if running == nil {
		return value, nil
	}
	select {
	case <-running.done:
		return running.value, running.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// find returns the kept token, or else the fetch to wait for.
func (c *tokenCache) find(ctx context.Context, refused string) (string, *tokenFetch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	isValid := c.until.IsZero() || time.Now().Before(c.until)
	if c.value != "" && c.value != refused && isValid {
		return c.value, nil
	}
	if c.running == nil {
		c.running = &tokenFetch{done: make(chan struct{})}
		// Others wait for it too, so it goes on when the context of this caller ends.
		go c.run(context.WithoutCancel(ctx), c.running)
	}
	return "", c.running
}

func (c *tokenCache) run(ctx context.Context, running *tokenFetch) {
	limited, cancel := context.WithTimeout(ctx, attemptMax)
	defer cancel()
	token, err := c.fetch(limited)
	c.mu.Lock()
	defer c.mu.Unlock()
	running.value, running.err, c.running = token.Value, err, nil
	if err == nil {
		c.value, c.until = token.Value, time.Time{}
		if token.ExpiresIn > 0 {
			c.until = time.Now().Add(token.ExpiresIn - expiryMargin)
		}
	}
	close(running.done)
}

// fixedToken returns a source of one token; nil when that is empty.
func fixedToken(token string) TokenSource {
	if token == "" {
		return nil
	}
	return func(context.Context, string) (string, error) { return token, nil }
}

// authorized sends a request with a token, and again with another one when that is refused. A request
// with an Authorization of its own is sent as it is.
func (c *connection) authorized(request *http.Request, body []byte) (*Response, error) {
	if c.tokens == nil || request.Header.Get("Authorization") != "" {
		return c.exchange(request, body)
	}
	token, err := c.authorize(request, "")
	if err != nil {
		return nil, err
	}
	response, err := c.exchange(request, body)
	if err != nil || !response.refusesToken() {
		return response, err
	}
	renewed, err := c.authorize(request, token)
	if err != nil || renewed == token {
		return response, err
	}
	return c.exchange(request, body)
}

// authorize adds a token to a request.
func (c *connection) authorize(request *http.Request, refused string) (string, error) {
	token, err := c.tokens(request.Context(), refused)
	token = strings.TrimSpace(token)
	if err == nil && strings.IndexFunc(token, func(each rune) bool { return each <= ' ' || each > '~' }) >= 0 {
		// The error of the HTTP client would contain it.
		err = errors.New("the token has a character that a header cannot have")
	}
	if err != nil {
		return "", tokenFailureOf(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return token, nil
}

var invalidToken = regexp.MustCompile(`(?i)\berror="?invalid_token\b`)

// refusesToken says that another token can help (RFC 6750, 3.1).
func (r *Response) refusesToken() bool {
	return r.Status == http.StatusUnauthorized && invalidToken.MatchString(r.Header.Get("WWW-Authenticate"))
}

// tokensOfEnvironment reads WAYBILL_TOKEN, or else WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET.
func (c *connection) tokensOfEnvironment() (TokenSource, error) {
	if token := os.Getenv("WAYBILL_TOKEN"); token != "" {
		return fixedToken(token), nil
	}
	found := ClientCredentials{ID: os.Getenv("WAYBILL_CLIENT_ID"), Secret: os.Getenv("WAYBILL_CLIENT_SECRET")}
	switch {
	case found.ID != "" && found.Secret != "":
		return c.tokensOf(found), nil
	case found.ID != "" || found.Secret != "":
		return nil, errors.New("set both WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET, or neither")
	}
	return nil, nil
}
