import type { Span } from "../../dsl/span.ts";
import type { Binding, DlValue, Env, Scope } from "./context.ts";

class Names implements Scope {
  readonly parent: Scope | null;
  private readonly names = new Map<string, Binding>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  own(name: string): Binding | undefined {
    return this.names.get(name);
  }

  find(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.find(name);
  }

  bind(name: string, binding: Binding): void {
    this.names.set(name, binding);
  }

  bindValue(name: string, value: DlValue, span: Span | null = null): void {
    this.names.set(name, { kind: "value", value, span });
  }

  all(): string[] {
    return [...this.names.keys(), ...(this.parent?.all() ?? [])];
  }
}

export const makeScope = (parent: Scope | null): Scope => new Names(parent);

/** The same place with more names in reach. */
export const within = (env: Env, scope: Scope): Env => ({ ...env, scope });
