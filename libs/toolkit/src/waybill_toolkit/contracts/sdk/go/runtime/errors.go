package waybill

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// CallError is the request of a failed call, and its last response. errors.As finds it in every error
// of a call that was sent.
type CallError struct {
	Method, Path string
	// IdempotencyKey is empty for operations that take none. Repeat the call with this key when it is
	// unknown whether it was executed.
	IdempotencyKey string
	Attempts       int
	// Response has the status 0 when there was none.
	Response
	// Err is the cause, if there is one, such as the error of the HTTP client or of the JSON decoder.
	Err error
}

func (e *CallError) Error() string { return e.message(fmt.Sprint(e.Err)) }
func (e *CallError) Unwrap() error { return e.Err }

// message adds the call, the status, the trace id and the key to a text.
func (e *CallError) message(text string) string {
	var found []string
	if e.Status != 0 {
		found = append(found, fmt.Sprintf("status %d", e.Status))
	}
	if e.TraceID != "" {
		found = append(found, "trace "+e.TraceID)
	}
	if e.IdempotencyKey != "" {
		found = append(found, "idempotency key "+e.IdempotencyKey)
	}
	if len(found) > 0 {
		text += " (" + strings.Join(found, ", ") + ")"
	}
	return fmt.Sprintf("waybill: %s %s: %s", e.Method, e.Path, text)
}

// outcome reads a success into `into`, or returns the error of another response.
func (e CallError) outcome(into any) error {
	if e.Status >= 300 {
		return e.problem()
	}
	if into == nil {
		return nil
	}
	if e.Err = json.Unmarshal(e.Body, into); e.Err != nil {
		return &UnreadableAnswerError{e}
	}
	return nil
}

// NoAnswerError means that no attempt got a response, for the reason in Err. The request may have been
// executed: repeat it with the same IdempotencyKey.
type NoAnswerError struct{ CallError }

func (e *NoAnswerError) Error() string {
	return e.message(fmt.Sprintf("no answer in %d attempts: %v", e.Attempts, e.Err))
}

func (e *NoAnswerError) Unwrap() error { return &e.CallError }

// UnreadableAnswerError means that the response does not match the contract; it may come from a proxy.
type UnreadableAnswerError struct{ CallError }

func (e *UnreadableAnswerError) Error() string {
	return e.message(fmt.Sprintf("the answer cannot be read: %v", e.Err))
}

func (e *UnreadableAnswerError) Unwrap() error { return &e.CallError }

// NotFinalError means that what was followed did not reach a final state in time. Err is the error of
// the context.
type NotFinalError struct {
	CallError
	// State is the last known status, and Last the resource, which the method also returns.
	State string
	Last  any
}

func (e *NotFinalError) Error() string {
	return e.message(fmt.Sprintf("the status is still %s: %v", e.State, e.Err))
}

func (e *NotFinalError) Unwrap() error { return &e.CallError }

// Problem is an error response (RFC 9457). Each problem type of the contract has its own error type,
// such as *UnknownSkuError; errors.As finds that, and *Problem for all of them. A problem of an unknown
// type, or without the fields of its type, is only a *Problem.
type Problem struct {
	CallError
	Type     string
	Title    string
	Detail   string
	Instance string
	Errors   []Fault
	// Extra has all other members, also those that the error type of the problem has a field for.
	Extra map[string]json.RawMessage
}

// Fault is one invalid value. Pointer is its location: a JSON pointer (RFC 6901) into the body, or
// /query/…, /path/…, /header/….
type Fault struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

const problemPrefix = "urn:waybill:problem:"

// Slug is the short name of the problem's type, such as unknown-sku.
func (p *Problem) Slug() string {
	return strings.TrimPrefix(p.Type, problemPrefix)
}

func (p *Problem) Error() string {
	text := p.Slug() + ": " + cmp.Or(p.Detail, p.Title)
	for _, fault := range p.Errors {
		text += fmt.Sprintf("; %s: %s", fault.Pointer, fault.Detail)
	}
	return p.message(text)
}

func (p *Problem) Unwrap() error { return &p.CallError }

// read reads a member of a known problem type. It returns false when it is missing or has another type.
func (p *Problem) read(name string, into any) bool {
	return json.Unmarshal(p.Extra[name], into) == nil
}

// problem returns the error of an unsuccessful response. A member of the wrong type remains empty.
func (e CallError) problem() error {
	members := map[string]json.RawMessage{}
	if e.Err = json.Unmarshal(e.Body, &members); e.Err != nil {
		return &UnreadableAnswerError{e}
	}
	take := func(name string, into any) {
		_ = json.Unmarshal(members[name], into)
		delete(members, name)
	}
	problem := Problem{CallError: e}
	take("type", &problem.Type)
	if problem.Type == "" {
		e.Err = errNoProblem
		return &UnreadableAnswerError{e}
	}
	take("trace_id", &problem.TraceID)
	take("title", &problem.Title)
	take("status", new(int)) // that of the response counts
	take("detail", &problem.Detail)
	take("instance", &problem.Instance)
	take("errors", &problem.Errors)
	problem.Extra = members
	return specific(problem)
}

var errNoProblem = errors.New("it is no problem+json")
