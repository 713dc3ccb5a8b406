package waybill.internal;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import waybill.internal.Attempts.Step;

/** Sends calls, with retries. */
public record Transport(Settings settings) {
    /**
     * Sends a call and waits for the response.
     *
     * @throws waybill.problem.ProblemException after an error response
     * @throws waybill.NoAnswerException when there was no response
     */
    public Reply send(Call call) {
        Attempts attempts = new Attempts(call, settings);
        while (true) {
            Step step = attempt(attempts);
            if (step.reply() != null) {
                return step.reply();
            }
            if (step.delay() == null || !Pause.of(step.delay())) {
                throw step.failure();
            }
        }
    }

    private Step attempt(Attempts attempts) {
        attempts.begin();
        try {
            return attempts.answered(settings.transport().send(attempts.request));
        } catch (IOException failure) {
            return attempts.failed(failure);
        } catch (TokenFailure failure) {
            return attempts.withoutToken(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw attempts.noAnswer(interrupted);
        }
    }

    /** The same without waiting. */
    public CompletableFuture<Reply> sendAsync(Call call) {
        return attemptAsync(new Attempts(call, settings));
    }

    private CompletableFuture<Reply> attemptAsync(Attempts attempts) {
        attempts.begin();
        CompletableFuture<Step> step =
                Futures.handle(
                        settings.transport().sendAsync(attempts.request),
                        (answer, failure) ->
                                failure == null
                                        ? attempts.answered(answer)
                                        : failed(attempts, failure));
        return Futures.compose(step, taken -> next(attempts, taken));
    }

    private CompletableFuture<Reply> next(Attempts attempts, Step step) {
        if (step.reply() != null) {
            return CompletableFuture.completedFuture(step.reply());
        }
        if (step.delay() == null) {
            return CompletableFuture.failedFuture(step.failure());
        }
        return Futures.compose(Futures.delay(step.delay()), nothing -> attemptAsync(attempts));
    }

    private static Step failed(Attempts attempts, Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof IOException found) {
            return attempts.failed(found);
        }
        if (cause instanceof TokenFailure found) {
            return attempts.withoutToken(found);
        }
        throw new CompletionException(cause);
    }
}
