package waybill

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
)

// Response is a complete response.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// TraceID identifies the request in the logs of the services.
	TraceID string
}

func newResponse(status int, header http.Header, body []byte) *Response {
	return &Response{Status: status, Header: header, Body: body, TraceID: header.Get("X-Trace-Id")}
}

// readObject reads a JSON object into a struct, and its members without a field into `extra`.
func readObject[T any](data []byte, object *T, extra *map[string]json.RawMessage) error {
	if err := json.Unmarshal(data, object); err != nil {
		return err
	}
	*extra = unknownMembers[T](data)
	return nil
}

// writeObject writes a struct as a JSON object with further members.
func writeObject(object any, extra map[string]json.RawMessage) ([]byte, error) {
	data, err := json.Marshal(object)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	for name, value := range extra {
		members[name] = value
	}
	return json.Marshal(members)
}

// unknownMembers returns the members of an object for which a struct has no field; nil without any.
func unknownMembers[T any](data []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	kind := reflect.TypeFor[T]()
	for index := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(index).Tag.Get("json"), ",")
		delete(members, name)
	}
	if len(members) == 0 {
		return nil
	}
	return members
}
