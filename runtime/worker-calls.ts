import { DlcError, raise, reject } from "./error.ts";
import type { CallOptions } from "./worker-model.ts";
import { buffersIn, copied, moved, type Answer, type Request } from "./worker-messages.ts";
import { startThread, type WorkerScript } from "./worker-thread.ts";
import type { LoadOptions } from "./model.ts";

export interface SendOptions extends Pick<CallOptions, "transfer" | "signal">, Pick<LoadOptions, "onProgress"> {}

export interface Calls {
  /** The result of a call. What it takes is copied, or moved, at once. */
  send(request: Request, options?: SendOptions): Promise<unknown>;
  /** Rejects all calls without a result, and those to come. */
  end(reason: unknown): void;
}

interface Call extends Pick<LoadOptions, "onProgress"> {
  readonly request: Request;
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Sends calls to a new worker, each after the answer to the one before it; so those that wait can still be taken back.
 */
export function openCalls(script: WorkerScript): Calls {
  /** The first is in the worker. */
  let calls: readonly Call[] = [];
  let ended: { readonly reason: unknown } | undefined;
  const thread = startThread(script, hear, (message = "it did not start") =>
    end(
      new DlcError(
        "E0806",
        `cannot load the worker: ${message}`,
        "serve worker.mjs beside client.mjs; a policy must allow it (worker-src)",
      ),
    ),
  );
  thread.hold(false);

  function sendFirst(): void {
    const [first] = calls;
    thread.hold(first !== undefined);
    if (first !== undefined) thread.post(first.request, buffersIn(first.request));
  }

  function hear(answer: Answer): void {
    // Node delivers what was on its way when the worker was ended.
    if (ended !== undefined) return;
    const [first] = calls as [Call];
    if ("progress" in answer) return first.onProgress?.(answer.progress);
    calls = calls.slice(1);
    if ("result" in answer) first.resolve(answer.result);
    else first.reject("rejected" in answer ? new DlcError(...answer.rejected) : answer.failed);
    sendFirst();
  }

  function end(reason: unknown): void {
    if (ended !== undefined) return;
    ended = { reason };
    for (const call of calls) call.reject(reason);
    thread.terminate();
  }

  return {
    async send(given, { transfer = false, signal, onProgress } = {}) {
      signal?.throwIfAborted();
      if (ended !== undefined) return raise(ended.reason);
      const request = sendable(given, transfer);
      let abort = (): void => undefined;
      return new Promise((resolve, refuse) => {
        const call: Call = { request, resolve, reject: refuse, ...(onProgress && { onProgress }) };
        abort = () => {
          calls = calls.filter((each, i) => i === 0 || each !== call);
          refuse(signal?.reason);
        };
        signal?.addEventListener("abort", abort);
        calls = [...calls, call];
        if (calls.length === 1) sendFirst();
      }).finally(() => signal?.removeEventListener("abort", abort));
    },
    end,
  };
}

/** A copy of a request, or what its arrays have moved into; throws E0818 for what no worker can have. */
function sendable(request: Request, transfer: boolean): Request {
  try {
    return moved(transfer ? request : (copied(request) as Request));
  } catch (error) {
    return reject(
      "E0818",
      `an argument of \`${request[0]}\` cannot go to the worker: ${(error as Error).message}`,
      "functions, and the memory of models with `transfer`, stay in their thread",
    );
  }
}
