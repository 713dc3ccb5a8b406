package waybill

import (
	"fmt"
	"net/url"
	"time"
)

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

// Ptr returns a pointer for an optional field: Ptr("a") is a *string.
func Ptr[T any](value T) *T {
	return &value
}
