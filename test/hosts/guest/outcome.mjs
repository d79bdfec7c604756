/** What the harness reads: the hash that a trial has, or its error. Errors of the host have a name instead of a code. */
export const outcomeOf = (work) =>
  work.then(
    (hash) => ({ hash }),
    ({ name, code, message }) => ({ error: { code: typeof code === "string" ? code : name, message } }),
  );
