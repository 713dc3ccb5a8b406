// Package waybilltest replaces the API in tests of programs that use the client. Start with [New].
package waybilltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Answer is the response to one request of an operation.
type Answer struct {
	Operation string
	Status    int
	Header    http.Header
	Body      []byte
}

// With returns a copy with a header.
func (a Answer) With(name, value string) Answer {
	a.Header = a.Header.Clone()
	a.Header.Set(name, value)
	return a
}

// Operation is an operation whose response body is a T.
type Operation[T any] struct {
	name   string
	status int
}

// Returns is a success.
func (o Operation[T]) Returns(body T) Answer {
	answer := Answer{Operation: o.name, Status: o.status, Header: http.Header{}}
	if o.status != http.StatusNoContent {
		answer.Body = encoded(body)
	}
	return answer
}

// Fails is a problem: its type, such as unknown-sku, and the fields of that type.
func (o Operation[T]) Fails(status int, slug string, fields map[string]any) Answer {
	problem := map[string]any{
		"type": "urn:waybill:problem:" + slug, "title": slug, "status": status, "detail": slug,
		"instance": "/", "trace_id": strings.Repeat("0", 32),
	}
	for name, value := range fields {
		problem[name] = value
	}
	header := http.Header{"Content-Type": {"application/problem+json"}}
	return Answer{Operation: o.name, Status: status, Header: header, Body: encoded(problem)}
}

func encoded(value any) []byte {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("waybilltest: %v", err))
	}
	return body
}

// Request is a request that the client sent.
type Request struct {
	Operation, Path string
	Query           url.Values
	Header          http.Header
	Body            []byte
}

// Fake answers the requests of a client. It fails the test on a request without an answer, and when an
// answer was not requested by the end of the test.
type Fake struct {
	t        testing.TB
	mu       sync.Mutex
	answers  []Answer
	requests []Request
}

// New returns a fake without answers.
func New(t testing.TB) *Fake {
	fake := &Fake{t: t}
	t.Cleanup(func() {
		fake.mu.Lock()
		defer fake.mu.Unlock()
		for _, answer := range fake.answers {
			t.Errorf("waybilltest: %s was not called; remove its answer", answer.Operation)
		}
	})
	return fake
}

// Expect adds answers, which are used once. Those of one operation are used in their order.
func (f *Fake) Expect(answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = append(f.answers, answers...)
}

// Requests returns all requests so far.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// RoundTrip implements http.RoundTripper.
func (f *Fake) RoundTrip(sent *http.Request) (*http.Response, error) {
	request := Request{Path: sent.URL.EscapedPath(), Query: sent.URL.Query(), Header: sent.Header}
	request.Operation = operationOf(sent.Method, request.Path)
	if sent.Body != nil {
		var err error
		if request.Body, err = io.ReadAll(sent.Body); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, request)
	index := slices.IndexFunc(f.answers, func(each Answer) bool { return each.Operation == request.Operation })
	if index < 0 {
		err := fmt.Errorf("waybilltest: %s (%s %s) has no answer; add one with Expect",
			request.Operation, sent.Method, request.Path)
		f.t.Error(err)
		return nil, err
	}
	answer := f.answers[index]
	f.answers = slices.Delete(f.answers, index, index+1)
	return &http.Response{
		StatusCode: answer.Status, Header: answer.Header, Request: sent,
		Body: io.NopCloser(bytes.NewReader(answer.Body)),
	}, nil
}

type route struct{ name, method, pattern string }

func operationOf(method, target string) string {
	for _, each := range routes {
		if matches, _ := path.Match(each.pattern, target); matches && each.method == method {
			return each.name
		}
	}
	return "an unknown operation"
}
