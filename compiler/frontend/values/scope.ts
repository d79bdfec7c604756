import type { Span } from "../../../dsl/span.ts";
import type { Binding, DlValue, Env, Scope } from "../context.ts";

class Names implements Scope {
  readonly parent: Scope | null;
  private readonly fixed: boolean;
  private readonly names: Map<string, Binding>;

  constructor(parent: Scope | null, fixed: boolean, names: Map<string, Binding>) {
    this.parent = parent;
    this.fixed = fixed;
    this.names = names;
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

  snapshot(): Scope {
    return this.fixed ? this : new Names(this.parent?.snapshot() ?? null, false, new Map(this.names));
  }

  all(): string[] {
    return [...this.names.keys(), ...(this.parent?.all() ?? [])];
  }
}

export const makeScope = (parent: Scope | null): Scope => new Names(parent, false, new Map());

/** The names of a file, which do not change once it is loaded. */
export const makeFileScope = (parent: Scope | null): Scope => new Names(parent, true, new Map());

/** The same environment with another scope. */
export const within = (env: Env, scope: Scope): Env => ({ ...env, scope });
