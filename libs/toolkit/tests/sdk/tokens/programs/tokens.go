// Calls the API with tokens of its own: program SCENARIO ADDRESS
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"example.com/waybill"
)

const orderID = "01890a5d-ac96-774b-bcce-b302099a8057"

type object = map[string]any

var address string

func main() {
	scenario := os.Args[1]
	address = os.Args[2]
	found, err := run(scenario)
	if err != nil {
		found = describe(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(found)
}

func run(scenario string) (object, error) {
	credentials := waybill.ClientCredentials{ID: "shop", Secret: "s"}
	switch scenario {
	case "once":
		return calls(nil, 1)
	case "twice":
		return calls(nil, 1, 1)
	case "many":
		return calls(nil, 20, 1)
	case "once_and_many":
		return calls(nil, 1, 20)
	case "scoped":
		credentials.Scope, credentials.TokenURL = "orders:read a", address+"/realms/shop/token"
		return calls(waybill.WithClientCredentials(credentials), 1)
	case "unreachable":
		credentials.TokenURL = "http://127.0.0.1:9/token"
		return calls(waybill.WithClientCredentials(credentials), 1)
	case "provider":
		return provided(func(refused string) string {
			if refused != "" {
				return "new"
			}
			return "old"
		})
	case "stubborn":
		return provided(func(string) string { return "old" })
	case "unsendable":
		return provided(func(string) string { return "old\nX: 1" })
	case "own":
		return calls(waybill.WithHeader("Authorization", "Bearer mine"), 1)
	case "printed":
		secret := waybill.ClientCredentials{ID: "shop", Secret: "t0p"}
		return object{"all": fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret)}, nil
	}
	return nil, errors.New(scenario)
}

func calls(option waybill.Option, counts ...int) (object, error) {
	quick := waybill.Retries{AttemptsMax: 3, DelayFirst: time.Millisecond, DelayMax: time.Millisecond}
	options := []waybill.Option{waybill.WithRetries(quick)}
	if option != nil {
		options = append(options, option)
	}
	client := waybill.NewClient(address, options...)
	statuses := []string{}
	for _, count := range counts {
		found, failed := make([]string, count), make([]error, count)
		var all sync.WaitGroup
		for index := range count {
			all.Add(1)
			go func() {
				defer all.Done()
				order, err := client.Orders.GetOrder(context.Background(), orderID)
				found[index], failed[index] = string(order.Status), err
			}()
		}
		all.Wait()
		for _, err := range failed {
			if err != nil {
				return nil, err
			}
		}
		statuses = append(statuses, found...)
	}
	return object{"statuses": statuses}, nil
}

func provided(give func(string) string) (object, error) {
	asked := []any{}
	source := func(_ context.Context, refused string) (string, error) {
		if refused == "" {
			asked = append(asked, nil)
		} else {
			asked = append(asked, refused)
		}
		return give(refused), nil
	}
	found, err := calls(waybill.WithTokenSource(source), 1)
	if err == nil {
		found["asked"] = asked
	}
	return found, err
}

func describe(err error) object {
	found := object{"error": fmt.Sprintf("%T", err), "text": err.Error(), "all": fmt.Sprintf("%+v", err)}
	var token *waybill.TokenError
	if errors.As(err, &token) {
		found["error"], found["code"] = "token", token.Code
	}
	var call *waybill.CallError
	if errors.As(err, &call) {
		found["attempts"] = call.Attempts
	}
	return found
}
