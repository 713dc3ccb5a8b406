package waybill

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"
)

// pages iterates over the items of all pages. An error ends the iteration.
func pages[T any](page func(cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		for {
			items, next, err := page(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = next
		}
	}
}

const (
	// followMax applies to a context without a deadline: a final status may be one that this version
	// does not know.
	followMax = time.Minute
	lookFirst = 50 * time.Millisecond
	lookMax   = time.Second
)

// follow polls a resource with growing intervals until `look` calls it final or the context ends, and
// returns the last state and its answer.
func follow[T any](
	ctx context.Context,
	options []CallOption,
	get func(context.Context, []CallOption) (T, error),
	look func(T) (status string, isFinal bool),
) (last T, answered CallError, err error) {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, followMax)
		defer cancel()
		ctx = limited
	}
	options = append(slices.Clone(options), onAnswer(func(answer CallError) { answered = answer }))
	var state string
	for delay := lookFirst; ; delay = min(delay*3/2, lookMax) {
		found, err := get(ctx, options)
		if err != nil && (ctx.Err() == nil || state == "") {
			return last, answered, err
		}
		if err == nil {
			var isFinal bool
			last = found
			if state, isFinal = look(found); isFinal {
				return last, answered, nil
			}
		}
		if err != nil || !sleep(ctx, delay) {
			answered.Err = cmp.Or(ctx.Err(), context.DeadlineExceeded)
			return last, answered, &NotFinalError{CallError: answered, State: state, Last: last}
		}
	}
}
