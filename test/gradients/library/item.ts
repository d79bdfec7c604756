/** A differentiable item of the standard library, for the comparison of its gradient with central differences. */
export interface Item {
  readonly name: string;
  /** An expression of the inputs that gives a tensor. */
  readonly value: string;
  /** Types of the inputs, over the dims A, B and C, which are drawn from 2 to 4: `{ x: "f32[A, B]" }`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Inputs whose gradients are compared: all that are f32 unless said. */
  readonly of?: readonly string[];
  /** Where an input is drawn from: -2 to 2 unless said; for i32 whole numbers from 0 to 1 unless said. */
  readonly between?: Readonly<Record<string, readonly [number, number]>>;
  /** Declarations. If there is a model named `M`, gradients are also taken of its params. */
  readonly declare?: string;
  /** In a train entry. */
  readonly train?: true;
  /** Its gradient is not differentiated again. */
  readonly once?: true;
}
