// What every worker process of a campaign does: it receives tasks and sends reports, until the parent says "end" or is
// gone.

/** `report` is the message about a task, `last` the one before the end. */
export function serve<Task, Message>(report: (task: Task) => Promise<Message>, last: () => Message | null): void {
  // A parent that was killed no longer listens: the worker ends, too.
  const send = (message: Message, then: () => void): void => {
    if (process.connected)
      process.send?.(message, undefined, undefined, (error) => (error === null ? then() : leave()));
    else leave();
  };
  const leave = (): void => process.exit(1);
  const end = (): void => process.disconnect();
  process.on("message", (message: Task | "end") => {
    if (message !== "end") return void report(message).then((made) => send(made, () => {}));
    const made = last();
    if (made === null) end();
    else send(made, end);
  });
  // The parent decides when a campaign is over.
  process.on("SIGINT", () => {});
}
