// A pool of worker processes for a campaign.
import { fork, type ChildProcess } from "node:child_process";

/** A half-open range of graph or program numbers. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

export interface Pool<Task extends Range, Message> {
  readonly jobs: number;
  /** A module that receives tasks, and `"end"`, as messages. */
  readonly worker: URL;
  /** A process ends after this many items, to free the memory of the modules that it has loaded. */
  readonly mostPerProcess: number;
  /** Null when no work is left. */
  readonly next: () => Task | null;
  /** Whether the message is the report of a task, so that the worker wants another one. */
  readonly onMessage: (message: Message) => boolean;
  readonly onCrash: (task: Task, code: number | null) => void;
  /** Whether the campaign is over. */
  readonly over: () => boolean;
}

/** Resolves when the campaign is over and every process has ended. */
export async function runPool<Task extends Range, Message>(pool: Pool<Task, Message>): Promise<void> {
  await Promise.all(Array.from({ length: pool.jobs }, () => runSlot(pool)));
}

/** Runs one process at a time, and starts a new one after `mostPerProcess` items. */
function runSlot<Task extends Range, Message>({
  worker,
  mostPerProcess,
  next,
  onMessage,
  onCrash,
  over,
}: Pool<Task, Message>): Promise<void> {
  return new Promise((done) => {
    let child: ChildProcess;
    let current: Task | null = null;
    let assigned = 0;
    const assign = (): void => {
      current = assigned >= mostPerProcess ? null : next();
      assigned += current === null ? 0 : current.end - current.first;
      child.send(current ?? "end");
    };
    const start = (): void => {
      assigned = 0;
      child = fork(worker);
      child.on("message", (message: Message) => {
        if (onMessage(message)) assign();
      });
      child.on("exit", (code) => {
        if (code !== 0 && current !== null) onCrash(current, code);
        if (over()) done();
        else start();
      });
      assign();
    };
    start();
  });
}
