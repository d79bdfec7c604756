/**
 * The rewrites of one run of a pass, in order. A log with a limit stops the rules after that many rewrites, so that a
 * search can find the one that changes a result.
 */
export class RewriteLog {
  readonly #limit: number;
  readonly #rules: string[] = [];

  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** The text or the name of the rule of each rewrite. */
  get rules(): readonly string[] {
    return this.#rules;
  }

  /** Whether the limit is reached: no rule may fire any more. */
  get isFull(): boolean {
    return this.#rules.length >= this.#limit;
  }

  add(rule: string): void {
    this.#rules.push(rule);
  }
}
