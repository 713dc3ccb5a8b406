package waybill.model;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Marks the component for the members of a JSON object that this version does not know. */
@Retention(RetentionPolicy.RUNTIME)
public @interface Extra {
    /** Copies the members, whose values are those of JSON: maps, lists, strings, numbers, null. */
    final class Members {
        private Members() {}

        /** Returns an unmodifiable copy. */
        public static Map<String, Object> copyOf(Map<String, Object> members) {
            return members == null || members.isEmpty()
                    ? Map.of()
                    : Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }
    }
}
