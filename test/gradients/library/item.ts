/** A differentiable use of the standard library, whose gradient is compared with central differences. */
export interface Item {
  readonly name: string;
  /** An expression of the inputs, of tensor type. */
  readonly value: string;
  /** Types of the inputs, over the dims A, B and C, which are drawn from 2 to 4: `{ x: "f32[A, B]" }`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Inputs whose gradients are compared; by default all f32 inputs. */
  readonly of?: readonly string[];
  /** The range of an input; by default -2 to 2, for i32 0 to 1. */
  readonly between?: Readonly<Record<string, readonly [number, number]>>;
  /** Declarations. If one is a model named `M`, the gradients of its params are compared too. */
  readonly declare?: string;
  /** Whether the entry is a train entry. */
  readonly train?: true;
  /** Whether the second order is skipped. */
  readonly once?: true;
}
