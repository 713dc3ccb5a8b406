package waybill

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Problem is an error response (RFC 9457). Each problem type of the contract has its own error type,
// such as *UnknownSkuError; errors.As finds that, and *Problem for all of them.
type Problem struct {
	Type     string  `json:"type"`
	Title    string  `json:"title"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail"`
	Instance string  `json:"instance"`
	TraceID  string  `json:"trace_id"`
	Errors   []Fault `json:"errors,omitempty"`
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
	var faults strings.Builder
	for _, fault := range p.Errors {
		fmt.Fprintf(&faults, "; %s: %s", fault.Pointer, fault.Detail)
	}
	return fmt.Sprintf("waybill: %d %s: %s%s (trace %s)", p.Status, p.Slug(), p.Detail, &faults, p.TraceID)
}

// problem returns the error of an unsuccessful response.
func (r *reply) problem() error {
	var problem Problem
	if err := json.Unmarshal(r.body, &problem); err != nil {
		return &UnreadableAnswerError{Status: r.status, Body: r.body, Err: err}
	}
	if problem.Type == "" {
		return &UnreadableAnswerError{Status: r.status, Body: r.body, Err: errNoProblem}
	}
	known := problemOf(problem.Slug())
	if known == nil || json.Unmarshal(r.body, known) != nil {
		return &problem
	}
	return known
}

// NoAnswerError means that no attempt got a response. The request may have been executed:
// retry it with the same IdempotencyKey, which is empty for operations that take none.
type NoAnswerError struct {
	Method, Path   string
	Attempts       int
	IdempotencyKey string
	Err            error
}

func (e *NoAnswerError) Error() string {
	return fmt.Sprintf("waybill: no answer to %s %s in %d attempts: %v", e.Method, e.Path, e.Attempts, e.Err)
}

func (e *NoAnswerError) Unwrap() error { return e.Err }

// UnreadableAnswerError means that the response does not match the contract; it may come from a proxy.
type UnreadableAnswerError struct {
	Status int
	Body   []byte
	Err    error
}

func (e *UnreadableAnswerError) Error() string {
	return fmt.Sprintf("waybill: the answer (status %d) cannot be read: %v", e.Status, e.Err)
}

func (e *UnreadableAnswerError) Unwrap() error { return e.Err }

var errNoProblem = fmt.Errorf("it is no problem+json")
