// What a program does with the module for Go. test_sdk_compiled.py runs it: ADDRESS SCENARIO...
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"time"

	"example.com/waybill"
)

const (
	sold   = "GO SOLD"
	scarce = "GO SCARCE"
)

var scenarios = map[string]func(context.Context, *waybill.Client){
	"an_order_is_followed_to_confirmed":         followedToConfirmed,
	"all_orders_come_page_by_page":              pageByPage,
	"a_refusal_for_lack_of_stock_has_its_class": outOfStock,
	"problems_have_classes_and_fields":          problems,
	"a_change_is_based_on_what_was_read":        basedOnWhatWasRead,
	"a_repeated_post_places_one_order":          oneOrder,
	"survives":                                  survives,
	"survives_briefly":                          survivesBriefly,
	"place":                                     place,
	"set_price":                                 setPrice,
	"look":                                      look,
}

func main() {
	log.SetFlags(log.Lshortfile)
	retries := waybill.DefaultRetries()
	retries.DelayFirst = 10 * time.Millisecond
	client := waybill.NewClient(os.Args[1], waybill.WithRetries(retries), waybill.WithToken("secret"))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, name := range os.Args[2:] {
		scenarios[name](ctx, client)
	}
}

func wanted(sku, customer string, quantity int64) waybill.PlaceOrder {
	return waybill.PlaceOrder{
		CustomerRef: customer,
		Currency:    "GBP",
		Lines:       []waybill.PlaceOrderLine{{Sku: sku, Quantity: quantity}},
		Payment:     waybill.PaymentMethod{Token: "tok_approve"},
	}
}

func followedToConfirmed(ctx context.Context, client *waybill.Client) {
	placed := must(client.Orders.PlaceOrder(ctx, wanted(sold, "go", 2)))
	check(placed.Status == waybill.OrderStatusPlaced && placed.Reference == nil, placed)

	order := must(client.Orders.FollowOrder(ctx, placed.OrderID))

	check(order.Status == waybill.OrderStatusConfirmed, order)
	check(order.Totals.GrossMinor == 510 && order.Totals.Currency == "GBP", order.Totals)
	check(!order.UpdatedAt.Before(order.PlacedAt), order)
	history := must(client.Orders.GetOrderHistory(ctx, order.OrderID))
	check(history.Transitions[0].Number == 1, history)
}

func pageByPage(ctx context.Context, client *waybill.Client) {
	customer := fmt.Sprintf("go-%d", time.Now().UnixNano())
	var placed []string
	for range 5 {
		order := must(client.Orders.PlaceOrder(ctx, wanted(sold, customer, 1)))
		placed = append([]string{order.OrderID}, placed...)
	}
	options := waybill.ListOrdersOptions{CustomerRef: &customer, Limit: waybill.Ptr(int64(2))}

	orders := client.Orders.ListOrders(ctx, options)
	for range 2 { // it can be gone through again
		var listed []string
		for order, err := range orders {
			check(err == nil, err)
			listed = append(listed, order.OrderID)
		}
		check(reflect.DeepEqual(listed, placed), listed)
	}

	page := must(client.Orders.ListOrdersPage(ctx, options))
	check(len(page.Items) == 2 && page.NextCursor != nil, page)
}

func outOfStock(ctx context.Context, client *waybill.Client) {
	placed := must(client.Orders.PlaceOrder(ctx, wanted(scarce, "go", 2)))

	order, err := client.Orders.FollowOrder(ctx, placed.OrderID)

	var soldOut *waybill.OrderOutOfStockError
	check(errors.As(err, &soldOut) && soldOut.Code == "out_of_stock", err)
	check(soldOut.Order.OrderID == placed.OrderID && soldOut.Detail != "", soldOut)
	var refused *waybill.OrderRefusedError
	check(errors.As(err, &refused), err)
	var declined *waybill.OrderPaymentDeclinedError
	check(!errors.As(err, &declined), err)
	check(order.Status == waybill.OrderStatusRejected, order)
}

func problems(ctx context.Context, client *waybill.Client) {
	_, err := client.Orders.PlaceOrder(ctx, wanted("GO NOWHERE", "go", 1))
	var unknown *waybill.UnknownSkuError
	check(errors.As(err, &unknown), err)
	check(unknown.Sku == "GO NOWHERE" && unknown.Pointer == "/lines/0/sku", unknown)
	var problem *waybill.Problem
	check(errors.As(err, &problem) && problem.Status == 422 && len(problem.TraceID) == 32, err)

	_, err = client.Orders.PlaceOrder(ctx, wanted("not a sku!", "go", 1))
	var invalid *waybill.InvalidBodyError
	check(errors.As(err, &invalid) && invalid.Errors[0].Pointer == "/lines/0/sku", err)

	_, err = client.Orders.GetOrder(ctx, "01890a5d-ac96-774b-bcce-b302099a8057")
	var missing *waybill.OrderNotFoundError
	check(errors.As(err, &missing), err)
}

func basedOnWhatWasRead(ctx context.Context, client *waybill.Client) {
	variant := must(client.Catalog.GetVariant(ctx, scarce))
	price := waybill.SetPrice{Price: waybill.PriceInput{AmountMinor: 256, Currency: "GBP"}}

	changed := must(client.Catalog.SetPrice(ctx, scarce, variant.ETag, price))
	check(changed.Body.Version == variant.Body.Version+1, changed)

	_, err := client.Catalog.SetPrice(ctx, scarce, variant.ETag, price)
	var mismatch *waybill.VersionMismatchError
	check(errors.As(err, &mismatch), err)
}

func oneOrder(ctx context.Context, client *waybill.Client) {
	reference := fmt.Sprintf("go-%d", time.Now().UnixNano())
	order := wanted(sold, "go", 1)
	order.Reference = &reference

	placed := must(client.Orders.PlaceOrder(ctx, order))

	for found, err := range client.Orders.ListOrders(ctx, waybill.ListOrdersOptions{Reference: &reference}) {
		check(err == nil && found.OrderID == placed.OrderID, found)
	}
}

// survives prints the reference of an order, and its status when it was placed, followed and listed.
func survives(ctx context.Context, client *waybill.Client) {
	survivesFor(ctx, client, 30*time.Second)
}

func survivesBriefly(ctx context.Context, client *waybill.Client) {
	survivesFor(ctx, client, time.Second)
}

func survivesFor(ctx context.Context, client *waybill.Client, patience time.Duration) {
	reference := fmt.Sprintf("go-%d", time.Now().UnixNano())
	order := wanted(sold, "go", 1)
	order.Reference = &reference
	placed, err := client.Orders.PlaceOrder(ctx, order)
	var unreadable *waybill.UnreadableAnswerError
	if errors.As(err, &unreadable) {
		key := waybill.WithIdempotencyKey(unreadable.IdempotencyKey)
		placed, err = client.Orders.PlaceOrder(ctx, order, key)
	}
	check(err == nil, err)
	fmt.Println(reference)
	fmt.Println(placed.Status)

	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	followed, err := client.Orders.FollowOrder(limited, placed.OrderID)
	var refused *waybill.OrderRefusedError
	var late *waybill.NotFinalError
	switch {
	case errors.As(err, &refused):
		fmt.Println("refused", refused.Code)
	case errors.As(err, &late):
		fmt.Println("not final", late.State)
	default:
		check(err == nil, err)
		fmt.Println(followed.Status)
	}

	for found, err := range client.Orders.ListOrders(ctx, waybill.ListOrdersOptions{Reference: &reference}) {
		check(err == nil, err)
		fmt.Println(found.Status)
	}
}

func place(ctx context.Context, client *waybill.Client) {
	_, err := client.Orders.PlaceOrder(ctx, wanted(sold, "go", 1), waybill.WithIdempotencyKey("mine"))
	report(err)
}

func setPrice(ctx context.Context, client *waybill.Client) {
	_, err := client.Catalog.SetPrice(ctx, "A B/C", `"1"`, waybill.SetPrice{})
	report(err)
}

func look(ctx context.Context, client *waybill.Client) {
	_, err := client.Inventory.GetStock(ctx, "A")
	report(err)
}

func report(err error) {
	var problem *waybill.Problem
	var silent *waybill.NoAnswerError
	var unreadable *waybill.UnreadableAnswerError
	switch {
	case err == nil:
		fmt.Println("done")
	case errors.As(err, &problem):
		fmt.Println(problem.Slug())
	case errors.As(err, &silent):
		fmt.Println("no answer", silent.Attempts, silent.IdempotencyKey)
	case errors.As(err, &unreadable):
		fmt.Println("unreadable", unreadable.Status)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Output(2, err.Error())
		os.Exit(1)
	}
	return value
}

func check(isSo bool, seen any) {
	if !isSo {
		log.Output(2, fmt.Sprintf("not so: %+v", seen))
		os.Exit(1)
	}
}
