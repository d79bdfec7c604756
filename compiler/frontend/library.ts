import { exportedBy, outline, type Outlined } from "../../dsl/outline.ts";
import type { Source, Span } from "../../dsl/span.ts";
import { invariant } from "../support/invariant.ts";
import type { Binding, DlValue, Scope } from "./context.ts";

/**
 * The library's files are the same for every program; a resolver that returns the same object again avoids parsing it
 * again.
 */
const outlined = new WeakMap<Source, readonly Outlined[]>();

function outlineOf(file: Source): readonly Outlined[] {
  const known = outlined.get(file) ?? outline(file);
  outlined.set(file, known);
  return known;
}

/** The names of the standard library. A declaration is parsed when its name is first looked up. */
class Library implements Scope {
  readonly parent: Scope;
  private readonly declarations: ReadonlyMap<string, Outlined>;
  private readonly bindings = new Map<string, Binding>();

  constructor(parent: Scope, files: readonly Source[]) {
    this.parent = parent;
    this.declarations = new Map(files.flatMap(outlineOf).map((each) => [each.name, each]));
  }

  own(name: string): Binding | undefined {
    const known = this.bindings.get(name);
    if (known !== undefined) return known;
    const declaration = this.declarations.get(name)?.declaration();
    if (declaration === undefined) return undefined;
    const value: DlValue = {
      kind: "function",
      target: { kind: "callable", declaration, scope: this },
      args: [],
      instance: null,
    };
    this.bind(name, { kind: "value", value, span: declaration.name.span });
    return this.bindings.get(name);
  }

  find(name: string): Binding | undefined {
    return this.own(name) ?? this.parent.find(name);
  }

  bind(name: string, binding: Binding): void {
    this.bindings.set(name, binding);
  }

  bindValue(name: string, value: DlValue, span: Span | null = null): void {
    this.bind(name, { kind: "value", value, span });
  }

  snapshot(): Scope {
    return this;
  }

  all(): string[] {
    return [...this.declarations.keys(), ...this.parent.all()];
  }
}

/** The names of the library that programs may use. */
class Exported implements Scope {
  readonly parent: Scope;
  private readonly library: Scope;
  private readonly names: ReadonlySet<string>;

  constructor(library: Scope, parent: Scope, names: ReadonlySet<string>) {
    this.parent = parent;
    this.library = library;
    this.names = names;
  }

  own(name: string): Binding | undefined {
    return this.names.has(name) ? this.library.own(name) : undefined;
  }

  find(name: string): Binding | undefined {
    return this.own(name) ?? this.parent.find(name);
  }

  bind(name: string): void {
    invariant(false, `the library's names do not change: ${name}`);
  }

  bindValue(name: string): void {
    this.bind(name);
  }

  snapshot(): Scope {
    return this;
  }

  all(): string[] {
    return [...this.names, ...this.parent.all()];
  }
}

export interface LibraryScopes {
  /** What the library's own declarations see. */
  readonly internal: Scope;
  /** What programs see. */
  readonly exported: Scope;
}

export function makeLibraryScopes(parent: Scope, files: readonly Source[]): LibraryScopes {
  const internal = new Library(parent, files);
  return { internal, exported: new Exported(internal, parent, new Set(files.flatMap(exportedBy))) };
}
