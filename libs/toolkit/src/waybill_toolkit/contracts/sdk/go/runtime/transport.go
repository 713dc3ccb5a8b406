package waybill

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// connection sends calls to one address.
type connection struct {
	address string
	token   string
	client  *http.Client
	retries Retries
}

// call is one request, which can be sent several times.
type call struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   any
	// repeatable says that it can be retried when the outcome is unknown.
	repeatable bool
}

// reply is a complete response.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send returns the headers of a success, whose body it reads into `into` unless that is nil.
func (c *connection) send(ctx context.Context, call call, into any) (http.Header, error) {
	var body []byte
	if call.body != nil {
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return nil, fmt.Errorf("waybill: the body of %s %s: %w", call.method, call.path, err)
		}
	}
	for attempt := 1; ; attempt++ {
		reply, err := c.attempt(ctx, call, body)
		if err == nil && reply.status < 300 {
			return reply.header, reply.read(into)
		}
		delay, again := c.retries.next(attempt, call.repeatable, reply, err)
		if ctx.Err() != nil || !again || !sleep(ctx, delay) {
			if reply == nil {
				return nil, &NoAnswerError{
					Method: call.method, Path: call.path, Attempts: attempt,
					IdempotencyKey: call.header.Get(keyHeader), Err: err,
				}
			}
			return nil, reply.problem()
		}
	}
}

func (c *connection) attempt(ctx context.Context, call call, body []byte) (*reply, error) {
	target := c.address + call.path
	if len(call.query) > 0 {
		target += "?" + call.query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, call.method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if call.header != nil {
		request.Header = call.header.Clone()
	}
	request.Header.Set("Accept", "application/json, application/problem+json")
	request.Header.Set("User-Agent", "waybill-go/"+Version)
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &reply{response.StatusCode, response.Header, content}, nil
}

func (r *reply) read(into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(r.body, into); err != nil {
		return &UnreadableAnswerError{Status: r.status, Body: r.body, Err: err}
	}
	return nil
}

const keyHeader = "Idempotency-Key"

// CallOption changes one call.
type CallOption func(*call)

// WithIdempotencyKey sets the key. Calls with the same key and the same input are executed once.
// By default each call gets its own key, which all of its attempts share.
func WithIdempotencyKey(key string) CallOption {
	return func(call *call) { call.header.Set(keyHeader, key) }
}

func newKey() string {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it does not fail on any system of today
	return hex.EncodeToString(key[:])
}

// put sets an optional parameter unless it is nil.
func put[T any](set func(name, value string), name string, value *T) {
	if value != nil {
		set(name, text(*value))
	}
}

// putAll adds a parameter for each value.
func putAll[T any](add func(name, value string), name string, values []T) {
	for _, value := range values {
		add(name, text(value))
	}
}

// segment escapes a value as one segment of a path.
func segment(value any) string {
	return url.PathEscape(text(value))
}

func text(value any) string {
	if moment, ok := value.(time.Time); ok {
		return moment.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}

func trimmed(address string) string {
	return strings.TrimRight(address, "/")
}
