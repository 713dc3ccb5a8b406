// Prints the values of the first records of a topic, with franz-go.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func main() {
	address, topic := os.Args[1], os.Args[2]
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	user, password := os.Args[4], os.Getenv("KAFKA_PASSWORD")
	login := scram.Auth{User: user, Pass: password}
	mechanisms := map[string]sasl.Mechanism{
		"PLAIN":         plain.Auth{User: user, Pass: password}.AsMechanism(),
		"SCRAM-SHA-256": login.AsSha256Mechanism(),
		"SCRAM-SHA-512": login.AsSha512Mechanism(),
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(address),
		kgo.SASL(mechanisms[os.Args[5]]),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	patience, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for count > 0 {
		fetches := client.PollFetches(patience)
		if errs := fetches.Errors(); len(errs) > 0 {
			log.Fatal(errs)
		}
		for _, record := range fetches.Records() {
			if count > 0 {
				fmt.Println(string(record.Value))
				count--
			}
		}
	}
}
