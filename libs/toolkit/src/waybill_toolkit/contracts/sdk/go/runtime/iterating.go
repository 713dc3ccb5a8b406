package waybill

import (
	"cmp"
	"context"
	"iter"
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
	lookFirst = 50 * time.Millisecond
	lookMax   = time.Second
)

// follow polls a resource with growing intervals until it is final or the context ends.
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

// Ptr returns a pointer for an optional field: Ptr("a") is a *string.
func Ptr[T any](value T) *T {
	return &value
}
