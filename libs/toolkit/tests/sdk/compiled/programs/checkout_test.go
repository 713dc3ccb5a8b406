// Tests of a program that uses the module, without a server.
package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/waybill"
	"example.com/waybill/waybilltest"
)

// checkout is the program: it places an order and reads it.
func checkout(client *waybill.Client) (waybill.Order, error) {
	placed, err := client.Orders.PlaceOrder(context.Background(), waybill.PlaceOrder{CustomerRef: "customer-1"})
	if err != nil {
		return placed, err
	}
	return client.Orders.GetOrder(context.Background(), placed.OrderID)
}

func TestAnswersAreUsedInTheirOrder(t *testing.T) {
	fake := waybilltest.New(t)
	fake.Expect(
		waybilltest.GetOrder.Returns(waybill.Order{OrderID: "1", Status: "shipped"}).With("X-Trace-Id", "7"),
		waybilltest.PlaceOrder.Returns(waybill.Order{OrderID: "1", Status: waybill.OrderStatusPlaced}),
		waybilltest.GetOrder.Fails(404, "order-not-found", nil),
	)

	order, err := checkout(fake.Client())
	if err != nil || order.Status != "shipped" {
		t.Fatal(order, err)
	}
	var response waybill.Response
	_, err = fake.Client().Orders.GetOrder(context.Background(), "1", waybill.WithResponse(&response))
	var missing *waybill.OrderNotFoundError
	if !errors.As(err, &missing) || response.Status != 404 {
		t.Fatal(err)
	}

	sent := fake.Requests()
	if len(sent) != 3 || sent[0].Operation != "PlaceOrder" || sent[0].Header.Get("Idempotency-Key") == "" {
		t.Fatal(sent)
	}
	if !strings.Contains(string(sent[0].Body), `"customer_ref":"customer-1"`) || sent[1].Path != "/v1/orders/1" {
		t.Fatal(sent)
	}
}

func TestProblemsHaveTheirFields(t *testing.T) {
	fake := waybilltest.New(t)
	fields := map[string]any{"sku": "MUG-1", "pointer": "/lines/0/sku"}
	fake.Expect(waybilltest.PlaceOrder.Fails(422, "unknown-sku", fields))

	_, err := checkout(fake.Client())

	var unknown *waybill.UnknownSkuError
	if !errors.As(err, &unknown) || unknown.Sku != "MUG-1" {
		t.Fatal(err)
	}
}

// hanging answers the first request, and no other one.
type hanging struct {
	fake  http.RoundTripper
	count int
}

func (h *hanging) RoundTrip(request *http.Request) (*http.Response, error) {
	if h.count++; h.count == 1 {
		return h.fake.RoundTrip(request)
	}
	<-request.Context().Done()
	return nil, request.Context().Err()
}

func TestFollowingReturnsTheLastStateWhenTheContextEndsDuringARequest(t *testing.T) {
	fake := waybilltest.New(t)
	fake.Expect(waybilltest.GetOrder.Returns(waybill.Order{OrderID: "1", Status: "shipped"}))
	client := fake.Client(waybill.WithHTTPClient(&http.Client{Transport: &hanging{fake: fake}}))
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()

	order, err := client.Orders.FollowOrder(ctx, "1")

	var late *waybill.NotFinalError
	if !errors.As(err, &late) || late.State != "shipped" || order.OrderID != "1" {
		t.Fatal(order, err)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestFailsAfterAnUnexpectedRequest(t *testing.T) {
	_, _ = checkout(waybilltest.New(t).Client())
}

func TestFailsWhenAnAnswerIsLeft(t *testing.T) {
	waybilltest.New(t).Expect(waybilltest.CancelOrder.Returns(waybill.Order{}))
}
