package waybill

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Retries configures the attempts of a call and the delays between them.
//
// A call is retried when there is no response, when the response is 408, 429, 502, 503 or 504, or when
// the first attempt is still running (409 idempotency-key-in-use). This applies to reads and to
// operations with an idempotency key, which is the same for all attempts of a call. Other calls are
// retried only when no connection could be opened.
type Retries struct {
	// AttemptsMax includes the first attempt; 1 disables retries.
	AttemptsMax int
	// DelayFirst is the maximum delay before the second attempt; it doubles with each attempt. The
	// actual delay is random (jitter), so that clients do not retry at the same time.
	DelayFirst time.Duration
	// DelayMax limits the delay.
	DelayMax time.Duration
	// RetryAfterMax limits Retry-After; with a longer one the call fails at once.
	RetryAfterMax time.Duration
}

// DefaultRetries take a few seconds in total.
func DefaultRetries() Retries {
	return Retries{
		AttemptsMax:   5,
		DelayFirst:    400 * time.Millisecond,
		DelayMax:      5 * time.Second,
		RetryAfterMax: 30 * time.Second,
	}
}

// next returns whether to retry after an attempt, and after which delay.
func (r Retries) next(attempt int, repeatable bool, response *Response, err error) (time.Duration, bool) {
	if attempt >= r.AttemptsMax || !isTemporary(repeatable, response, err) {
		return 0, false
	}
	if asked := response.retryAfter(); asked > 0 {
		return asked, asked <= r.RetryAfterMax
	}
	longest := min(r.DelayFirst<<min(attempt-1, 16), r.DelayMax)
	return longest/2 + rand.N(longest/2+1), true
}

func isTemporary(repeatable bool, response *Response, err error) bool {
	var failure *tokenFailure
	if errors.As(err, &failure) {
		return failure.isTemporary // the call was not executed
	}
	if response == nil {
		var dialing *net.OpError
		return repeatable || errors.As(err, &dialing) && dialing.Op == "dial"
	}
	if !repeatable {
		return false
	}
	if response.Status == http.StatusConflict {
		var problem struct{ Type string }
		return json.Unmarshal(response.Body, &problem) == nil && problem.Type == problemPrefix+"idempotency-key-in-use"
	}
	return isTemporaryStatus(response.Status)
}

func isTemporaryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3); 0 when there is none.
func (r *Response) retryAfter() time.Duration {
	if r == nil {
		return 0
	}
	value := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if moment, err := http.ParseTime(value); err == nil {
		return time.Until(moment)
	}
	return 0
}

// sleep returns false when the context ended first, or would end before the delay does.
func sleep(ctx context.Context, delay time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
		return false
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
