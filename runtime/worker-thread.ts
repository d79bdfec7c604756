import { reject } from "./error.ts";
import type { Answer, Request } from "./worker-messages.ts";

/** How a build starts its worker: in a browser, written so that bundlers see it; and the URL for Node. */
export interface WorkerScript {
  readonly start: () => Worker;
  readonly url: () => URL | string;
}

/** A worker of any host. */
export interface Thread {
  post(request: Request, transfer: readonly ArrayBuffer[]): void;
  terminate(): void;
  /** Whether the process has to wait for the worker; browsers have no such thing. */
  hold(busy: boolean): void;
}

interface NodeWorker extends Pick<Worker, "postMessage" | "terminate"> {
  on(event: string, handle: (value: never) => void): void;
  ref?(): void;
  unref?(): void;
}

interface NodeThreads {
  readonly Worker: new (url: URL) => NodeWorker;
}

export function startThread(
  { start, url }: WorkerScript,
  hear: (answer: Answer) => void,
  fail: (message: string | undefined) => void,
): Thread {
  let worker: Worker | NodeWorker;
  if ("Worker" in globalThis) {
    worker = start();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => hear(data);
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
  } else {
    const host = globalThis as { readonly process?: { getBuiltinModule?(name: string): NodeThreads | undefined } };
    const threads = host.process?.getBuiltinModule?.("node:worker_threads");
    if (threads === undefined) return reject("E0806", "this host cannot start a worker", "use `load` of module.mjs");
    worker = new threads.Worker(new URL(url()));
    worker.on("message", hear);
    worker.on("error", ({ message }: Error) => fail(message));
    worker.on("exit", () => fail("it has ended"));
  }
  const { ref, unref } = worker as NodeWorker;
  return {
    post: (request, transfer) => worker.postMessage(request, [...transfer]),
    terminate: () => void worker.terminate(),
    hold: (busy) => (busy ? ref : unref)?.call(worker),
  };
}
