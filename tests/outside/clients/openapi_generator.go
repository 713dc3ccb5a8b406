// Places an order with the client that openapi-generator writes in Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/google/uuid"

	waybill "outside/generator"
)

func main() {
	sku, reference := os.Args[1], os.Args[2]
	token := os.Getenv("WAYBILL_TOKEN")
	ctx := context.WithValue(context.Background(), waybill.ContextAccessToken, token)
	orders := waybill.NewAPIClient(waybill.NewConfiguration()).OrdersAPI

	body := waybill.NewPlaceOrder("outside", "GBP",
		[]waybill.PlaceOrderLine{*waybill.NewPlaceOrderLine(sku, 2)},
		*waybill.NewPaymentMethod("tok_approve"))
	body.SetReference(reference)
	order, _, err := orders.PlaceOrder(ctx).IdempotencyKey(uuid.NewString()).PlaceOrder(*body).Execute()
	check(err)
	for order.Status == waybill.PLACED {
		time.Sleep(100 * time.Millisecond)
		order, _, err = orders.GetOrder(ctx, order.OrderId).Execute()
		check(err)
	}
	fmt.Println("order", order.OrderId, order.Status)

	page, _, err := orders.ListOrders(ctx).Reference(reference).Execute()
	check(err)
	for _, each := range page.Items {
		fmt.Println("listed", each.OrderId)
	}

	body.Lines[0].Sku = "UNKNOWN"
	_, response, err := orders.PlaceOrder(ctx).IdempotencyKey(uuid.NewString()).PlaceOrder(*body).Execute()
	var refusal *waybill.GenericOpenAPIError
	if !errors.As(err, &refusal) {
		log.Fatal("the unknown SKU was not refused: ", err)
	}
	model := refusal.Model().(waybill.PlaceOrder422Response)
	problem := model.ProblemUnknownSku
	fmt.Printf("problem %T with %T %d %s\n", *refusal, *problem, response.StatusCode, problem.Type)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
