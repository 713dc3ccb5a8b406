package waybill

import (
	"cmp"
	"context"
	"iter"
	"time"
)

// pages goes through the items of all pages. An error is the last thing that comes.
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
	lookFirst = 50 * time.Millisecond
	lookMax   = time.Second
)

// follow gets something until it is final, at growing intervals, or the context ends.
func follow[T any](ctx context.Context, get func() (T, error), isFinal func(T) bool) (T, error) {
	for delay := lookFirst; ; delay = min(delay*3/2, lookMax) {
		found, err := get()
		if err != nil || isFinal(found) {
			return found, err
		}
		if !sleep(ctx, delay) {
			return found, cmp.Or(ctx.Err(), context.DeadlineExceeded)
		}
	}
}

// Ptr gives an optional field its value: Ptr("a") is a *string.
func Ptr[T any](value T) *T {
	return &value
}
