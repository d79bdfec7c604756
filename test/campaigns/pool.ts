// Processes that share the work of a campaign.
import { fork, type ChildProcess } from "node:child_process";

/** A run of graphs, or programs, by their numbers. */
export interface Range {
  readonly first: number;
  readonly end: number;
}

export interface Pool<Task extends Range, Message> {
  readonly jobs: number;
  /** A module that takes tasks as messages, and `"end"`. */
  readonly worker: URL;
  /** A process that has loaded many modules gives its memory back by ending. */
  readonly mostPerProcess: number;
  /** Null when there is nothing more to do. */
  readonly next: () => Task | null;
  /** Whether the message is the report of a task, so that the worker wants another one. */
  readonly onMessage: (message: Message) => boolean;
  readonly onCrash: (task: Task, code: number | null) => void;
  /** Whether the campaign is over. */
  readonly over: () => boolean;
}

/** Resolves when the campaign is over and every process has ended. */
export async function runPool<Task extends Range, Message>(pool: Pool<Task, Message>): Promise<void> {
  await Promise.all(Array.from({ length: pool.jobs }, () => oneAfterAnother(pool)));
}

/** One process at a time, a new one when the old one has done enough. */
function oneAfterAnother<Task extends Range, Message>({ worker, mostPerProcess, next, onMessage, onCrash, over }: Pool<Task, Message>): Promise<void> {
  return new Promise((done) => {
    let child: ChildProcess;
    let current: Task | null = null;
    let given = 0;
    const give = (): void => {
      current = given >= mostPerProcess ? null : next();
      given += current === null ? 0 : current.end - current.first;
      child.send(current ?? "end");
    };
    const start = (): void => {
      given = 0;
      child = fork(worker);
      child.on("message", (message: Message) => {
        if (onMessage(message)) give();
      });
      child.on("exit", (code) => {
        if (code !== 0 && current !== null) onCrash(current, code);
        if (over()) done();
        else start();
      });
      give();
    };
    start();
  });
}
