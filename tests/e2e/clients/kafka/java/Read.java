// Prints the values of the first records of a topic, with the client of Apache Kafka.
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Read {
    public static void main(String[] given) {
        var login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
            + " username=\"" + given[3] + "\" password=\"" + System.getenv("KAFKA_PASSWORD") + "\";";
        var settings = Map.<String, Object>of(
            "bootstrap.servers", given[0],
            "security.protocol", "SASL_PLAINTEXT",
            "sasl.mechanism", given[4],
            "sasl.jaas.config", login,
            "enable.auto.commit", "false");
        var left = Integer.parseInt(given[2]);
        var text = new StringDeserializer();
        try (var consumer = new KafkaConsumer<String, String>(settings, text, text)) {
            var partitions = consumer.partitionsFor(given[1]).stream()
                .map(each -> new TopicPartition(each.topic(), each.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (left > 0) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    if (left-- > 0) {
                        System.out.println(record.value());
                    }
                }
            }
        }
    }
}
