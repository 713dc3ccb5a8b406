// Calls the API as a program of a user does, and prints what it sees as JSON.
// The tests run it and write lines to it: ADDRESS, a tab, SCENARIO.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"example.com/waybill"
)

const orderID = "01890a5d-ac96-774b-bcce-b302099a8057"

var quick = waybill.Retries{
	AttemptsMax: 3, DelayFirst: time.Millisecond, DelayMax: time.Millisecond, RetryAfterMax: 5 * time.Second,
}

var order = waybill.PlaceOrder{
	CustomerRef: "customer-1", Currency: "GBP",
	Lines:   []waybill.PlaceOrderLine{{Sku: "MUG-1", Quantity: 1}},
	Payment: waybill.PaymentMethod{Token: "tok_approve"},
}

type object = map[string]any

var scenarios = map[string]func(context.Context, *waybill.Client) (object, error){
	"read":        read,
	"follow":      follow,
	"place":       place,
	"place_once":  placeOnce,
	"place_twice": placeTwice,
	"set_price":   setPrice,
	"hurry":       hurry,
	"options":     options,
	"wrong_key":   wrongKey,
	"own_client":  ownClient,
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		address, name, _ := strings.Cut(lines.Text(), "\t")
		var events []object
		base, transport := address, &http.Transport{}
		if name == "own_client" {
			base = "http://waybill.test"
			transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(address) }
		}
		client := waybill.NewClient(base, waybill.WithHTTPClient(&http.Client{Transport: transport}),
			waybill.WithRetries(quick), waybill.WithUserAgent("shop/2.1"), waybill.WithHeader("X-Shop", "north"),
			waybill.WithHeader("Idempotency-Key", "of all calls"),
			waybill.WithLogger(func(_ context.Context, e waybill.Event) {
				events = append(events, object{
					"method": e.Method, "path": e.Path, "attempt": e.Attempt, "status": e.Status,
					"trace": e.TraceID, "failed": e.Err != nil, "took": e.Duration > 0,
				})
			}))
		found, err := scenarios[name](context.Background(), client)
		if err != nil {
			found = report(err)
		}
		found["events"] = events
		_ = json.NewEncoder(os.Stdout).Encode(found)
	}
}

func read(ctx context.Context, client *waybill.Client) (object, error) {
	one, err := client.Orders.GetOrder(ctx, orderID)
	if err != nil {
		return nil, err
	}
	listed := []string{}
	for each, err := range client.Orders.ListOrders(ctx, waybill.ListOrdersOptions{}) {
		if err != nil {
			return nil, err
		}
		listed = append(listed, string(each.Status))
	}
	written, err := json.Marshal(one)
	return object{
		"status": one.Status, "known": one.Status.IsKnown(), "extra": one.Extra, "totals_extra": one.Totals.Extra,
		"listed": listed, "written": string(written),
	}, err
}

func follow(ctx context.Context, client *waybill.Client) (object, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	found, err := client.Orders.FollowOrder(ctx, orderID)
	return object{"status": found.Status}, err
}

func place(ctx context.Context, client *waybill.Client) (object, error) {
	placed, err := client.Orders.PlaceOrder(ctx, order)
	return object{"status": placed.Status}, err
}

func placeOnce(ctx context.Context, client *waybill.Client) (object, error) {
	once := waybill.WithRetries(waybill.Retries{AttemptsMax: 1})
	placed, err := client.Orders.PlaceOrder(ctx, order, once, waybill.WithIdempotencyKey("mine"))
	return object{"status": placed.Status}, err
}

// placeTwice repeats a failed call with the key of its error.
func placeTwice(ctx context.Context, client *waybill.Client) (object, error) {
	once := waybill.WithRetries(waybill.Retries{AttemptsMax: 1})
	placed, err := client.Orders.PlaceOrder(ctx, order, once)
	var failed *waybill.CallError
	if errors.As(err, &failed) {
		placed, err = client.Orders.PlaceOrder(ctx, order, once, waybill.WithIdempotencyKey(failed.IdempotencyKey))
	}
	return object{"status": placed.Status, "failed": failed != nil}, err
}

func setPrice(ctx context.Context, client *waybill.Client) (object, error) {
	price := waybill.SetPrice{Price: waybill.PriceInput{AmountMinor: 1, Currency: "GBP"}}
	_, err := client.Catalog.SetPrice(ctx, "A B/C", `"1"`, price)
	return object{}, err
}

func hurry(ctx context.Context, client *waybill.Client) (object, error) {
	once := waybill.WithRetries(waybill.Retries{AttemptsMax: 1})
	_, err := client.Orders.GetOrder(ctx, orderID, waybill.WithTimeout(100*time.Millisecond), once)
	return object{}, err
}

func options(ctx context.Context, client *waybill.Client) (object, error) {
	var response waybill.Response
	found, err := client.Orders.GetOrder(ctx, orderID,
		waybill.WithHeader("X-Call", "7"), waybill.WithResponse(&response))
	return object{
		"status": found.Status, "http": response.Status, "trace": response.TraceID,
		"type": response.Header.Get("Content-Type"), "body": string(response.Body),
	}, err
}

// ownClient sends the requests to the address as to a proxy.
func ownClient(ctx context.Context, client *waybill.Client) (object, error) {
	var response waybill.Response
	_, err := client.Orders.GetOrder(ctx, orderID, waybill.WithResponse(&response))
	return object{"http": response.Status}, err
}

func wrongKey(ctx context.Context, client *waybill.Client) (object, error) {
	_, err := client.Orders.GetOrder(ctx, orderID, waybill.WithIdempotencyKey("mine"))
	return object{}, err
}

func report(err error) object {
	found := object{"text": err.Error(), "kind": kind(err)}
	var failed *waybill.CallError
	if errors.As(err, &failed) {
		found["method"], found["path"], found["key"] = failed.Method, failed.Path, failed.IdempotencyKey
		found["attempts"], found["status"], found["trace"] = failed.Attempts, failed.Status, failed.TraceID
		found["type"], found["body"] = failed.Header.Get("Content-Type"), string(failed.Body)
	}
	var problem *waybill.Problem
	if errors.As(err, &problem) {
		found["slug"], found["detail"], found["extra"] = problem.Slug(), problem.Detail, problem.Extra
	}
	var unknown *waybill.UnknownSkuError
	if errors.As(err, &unknown) {
		found["sku"] = unknown.Sku
	}
	var refused *waybill.OrderRefusedError
	if errors.As(err, &refused) {
		found["code"], found["extra"] = refused.Code, refused.Order.Rejection.Extra
	}
	var late *waybill.NotFinalError
	if errors.As(err, &late) {
		found["state"], found["last"] = late.State, late.Last.(waybill.Order).Status
		found["deadline"] = errors.Is(err, context.DeadlineExceeded)
	}
	return found
}

func kind(err error) string {
	switch err.(type) {
	case *waybill.Problem:
		return "problem"
	case *waybill.UnknownSkuError:
		return "unknown sku"
	case *waybill.NoAnswerError:
		return "no answer"
	case *waybill.UnreadableAnswerError:
		return "unreadable"
	case *waybill.OrderRefusedError:
		return "refused"
	case *waybill.NotFinalError:
		return "not final"
	}
	return fmt.Sprintf("%T", err)
}
