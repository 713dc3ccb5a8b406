package waybill

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"
)

// connection sends calls to one address.
type connection struct {
	baseURL   string
	tokens    TokenSource
	tokensErr error
	userAgent string
	client    *http.Client
	log       func(context.Context, Event)
	settings
}

// call is one request, which can be sent several times.
type call struct {
	method string
	path   string
	query  url.Values
	header http.Header
	body   any
	// idempotent says that it takes an Idempotency-Key.
	idempotent bool
	// repeatable says that it can be retried when the outcome is unknown.
	repeatable bool

	settings
	ownKey string
	done   []func(CallError)
}

// send returns the headers of a success, whose body it reads into `into` unless that is nil.
func (c *connection) send(ctx context.Context, call call, options []CallOption, into any) (http.Header, error) {
	call.settings = c.settings
	call.settings.header = c.header.Clone()
	for _, option := range options {
		option.change(&call)
	}
	request, body, err := c.request(&call)
	if err != nil {
		return nil, fmt.Errorf("waybill: %s %s: %w", call.method, call.path, err)
	}
	for attempt := 1; ; attempt++ {
		response, err := c.attempt(ctx, call, request, body, attempt)
		delay, again := call.retries.next(attempt, call.repeatable, response, err)
		if again && ctx.Err() == nil && sleep(ctx, delay) {
			continue
		}
		answered := CallError{
			Method: call.method, Path: call.path, Attempts: attempt,
			IdempotencyKey: request.Header.Get(keyHeader), Err: err,
		}
		var failure *tokenFailure
		if errors.As(err, &failure) {
			answered.Err = failure.error
			return nil, &TokenError{answered, failure.code}
		}
		if response == nil {
			return nil, &NoAnswerError{answered}
		}
		answered.Response = *response
		for _, done := range call.done {
			done(answered)
		}
		return response.Header, answered.outcome(into)
	}
}

// request returns the request of all attempts, and its body.
func (c *connection) request(call *call) (*http.Request, []byte, error) {
	if c.baseURL == "" {
		return nil, nil, errors.New("there is no base URL; pass one to NewClient or set WAYBILL_BASE_URL")
	}
	if call.ownKey != "" && !call.idempotent {
		return nil, nil, errors.New("the operation takes no idempotency key")
	}
	if c.tokensErr != nil {
		return nil, nil, c.tokensErr
	}
	var body []byte
	if call.body != nil {
		var err error
		if body, err = json.Marshal(call.body); err != nil {
			return nil, nil, err
		}
	}
	target := c.baseURL + call.path
	if len(call.query) > 0 {
		target += "?" + call.query.Encode()
	}
	request, err := http.NewRequest(call.method, target, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header = c.headers(call)
	return request, body, nil
}

// headers returns the headers: those of the client, of the caller's options and of the operation.
func (c *connection) headers(call *call) http.Header {
	all := http.Header{}
	all.Set("Accept", "application/json, application/problem+json")
	all.Set("User-Agent", c.userAgent)
	maps.Copy(all, call.settings.header)
	maps.Copy(all, call.header)
	if call.body != nil {
		all.Set("Content-Type", "application/json")
	}
	all.Del(keyHeader)
	if call.idempotent {
		all.Set(keyHeader, cmp.Or(call.ownKey, newKey()))
	}
	return all
}

// attempt sends the request once and reports the event.
func (c *connection) attempt(ctx context.Context, call call, request *http.Request, body []byte, attempt int) (*Response, error) {
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	response, err := c.authorized(request.Clone(limited), body)
	event := Event{
		Method: call.method, Path: call.path, Attempt: attempt, Duration: time.Since(start), Err: err,
	}
	if response != nil {
		event.Status, event.TraceID = response.Status, response.TraceID
	}
	c.log(ctx, event)
	return response, err
}

func (c *connection) exchange(request *http.Request, body []byte) (*Response, error) {
	if body != nil {
		request.ContentLength = int64(len(body))
		request.Body = io.NopCloser(bytes.NewReader(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	answer, err := c.client.Do(request)
	if err != nil {
		var failed *url.Error // has the query, which is not for logs
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return newResponse(answer.StatusCode, answer.Header, content), nil
}

const keyHeader = "Idempotency-Key"

func newKey() string {
	var key [16]byte
	_, _ = rand.Read(key[:]) // it does not fail on any system of today
	return hex.EncodeToString(key[:])
}
