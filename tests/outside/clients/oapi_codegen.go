// Places an order with the client that oapi-codegen writes.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"

	"outside/waybill"
)

func main() {
	sku, reference := os.Args[1], os.Args[2]
	ctx := context.Background()
	client, err := waybill.NewClientWithResponses(os.Getenv("WAYBILL_BASE_URL"),
		waybill.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+os.Getenv("WAYBILL_TOKEN"))
			return nil
		}))
	check(err)

	body := waybill.PlaceOrder{
		Reference:   &reference,
		CustomerRef: "outside",
		Currency:    "GBP",
		Lines:       []waybill.PlaceOrderLine{{Sku: sku, Quantity: 2}},
		Payment:     waybill.PaymentMethod{Token: "tok_approve"},
	}
	placed, err := client.PlaceOrderWithResponse(ctx, freshKey(), body)
	check(err)
	order := placed.JSON201
	for order.Status == waybill.Placed {
		time.Sleep(100 * time.Millisecond)
		read, err := client.GetOrderWithResponse(ctx, order.OrderId)
		check(err)
		order = read.JSON200
	}
	fmt.Println("order", order.OrderId, order.Status)

	page, err := client.ListOrdersWithResponse(ctx, &waybill.ListOrdersParams{Reference: &reference})
	check(err)
	for _, each := range page.JSON200.Items {
		fmt.Println("listed", each.OrderId)
	}

	body.Lines[0].Sku = "UNKNOWN"
	refused, err := client.PlaceOrderWithResponse(ctx, freshKey(), body)
	check(err)
	problem, err := refused.ApplicationproblemJSON422.AsProblemUnknownSku()
	check(err)
	fmt.Printf("problem %T of %T %d %s\n", problem, *refused, refused.StatusCode(), problem.Type)
}

func freshKey() *waybill.PlaceOrderParams {
	return &waybill.PlaceOrderParams{IdempotencyKey: uuid.NewString()}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
