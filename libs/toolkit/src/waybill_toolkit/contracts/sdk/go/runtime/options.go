package waybill

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"strings"
	"time"
)

// Option configures a client.
type Option interface{ configure(*connection) }

// CallOption changes one call.
type CallOption interface{ change(*call) }

// Setting is an option of a client, or of one call.
type Setting func(*settings)

type settings struct {
	timeout time.Duration
	retries Retries
	header  http.Header
}

type (
	clientOption func(*connection)
	callOption   func(*call)
)

func (s Setting) configure(c *connection)      { s(&c.settings) }
func (s Setting) change(call *call)            { s(&call.settings) }
func (o clientOption) configure(c *connection) { o(c) }
func (o callOption) change(call *call)         { o(call) }

// WithTimeout limits each attempt of a call; by default to 45 seconds. The context limits all of them.
func WithTimeout(timeout time.Duration) Setting {
	return func(s *settings) { s.timeout = timeout }
}

// WithRetries configures retries.
func WithRetries(retries Retries) Setting {
	return func(s *settings) { s.retries = retries }
}

// WithHeader sets a header of every request, except Idempotency-Key, which belongs to one call.
func WithHeader(name, value string) Setting {
	return func(s *settings) { s.header.Set(name, value) }
}

// WithToken sends an access token with each call. By default a client has the token in WAYBILL_TOKEN, or
// the client credentials in WAYBILL_CLIENT_ID and WAYBILL_CLIENT_SECRET.
func WithToken(token string) Option {
	return WithTokenSource(fixedToken(token))
}

// WithTokenSource sends the token of a source with each call.
func WithTokenSource(source TokenSource) Option {
	return clientOption(func(c *connection) { c.tokens, c.tokensErr = source, nil })
}

// WithClientCredentials fetches access tokens and sends them with each call.
func WithClientCredentials(credentials ClientCredentials) Option {
	return clientOption(func(c *connection) { c.tokens, c.tokensErr = c.tokensOf(credentials), nil })
}

// WithUserAgent appends the name of a program to the User-Agent, such as "shop/2.1".
func WithUserAgent(program string) Option {
	return clientOption(func(c *connection) { c.userAgent += " " + program })
}

// WithHTTPClient replaces the HTTP client.
func WithHTTPClient(client *http.Client) Option {
	return clientOption(func(c *connection) { c.client = client })
}

// WithLogger calls a function after each attempt of a call, from the goroutine of the caller.
func WithLogger(log func(context.Context, Event)) Option {
	return clientOption(func(c *connection) { c.log = log })
}

// WithIdempotencyKey sets the key. Calls with the same key and the same input are executed once.
// By default each call gets its own key, which all of its attempts share.
func WithIdempotencyKey(key string) CallOption {
	return callOption(func(call *call) { call.ownKey = key })
}

// WithResponse stores the response of the last attempt, in addition to the parsed value.
func WithResponse(response *Response) CallOption {
	return onAnswer(func(answered CallError) { *response = answered.Response })
}

// onAnswer calls a function after the last attempt, if that has a response.
func onAnswer(done func(CallError)) CallOption {
	return callOption(func(call *call) { call.done = append(call.done, done) })
}

// Event is one attempt of a call, for logs and metrics. It contains neither query nor token.
type Event struct {
	Method, Path string
	// Attempt counts from 1.
	Attempt int
	// Status is 0 when there was no response; Err has the reason.
	Status   int
	Duration time.Duration
	TraceID  string
	Err      error
}

// attemptMax is above the timeout of the gateway for a service, 40 s.
const attemptMax = 45 * time.Second

func newConnection(baseURL string, options []Option) *connection {
	c := &connection{
		baseURL:   strings.TrimRight(cmp.Or(baseURL, os.Getenv("WAYBILL_BASE_URL")), "/"),
		userAgent: "waybill-go/" + Version,
		client:    &http.Client{},
		log:       func(context.Context, Event) {},
		settings:  settings{timeout: attemptMax, retries: DefaultRetries(), header: http.Header{}},
	}
	c.tokens, c.tokensErr = c.tokensOfEnvironment()
	for _, option := range options {
		option.configure(c)
	}
	return c
}
