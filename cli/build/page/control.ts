import type { SlotType } from "../../../runtime/model.ts";
import type { Padding } from "./text.ts";

/** What enters one sample of an input. */
export interface Control {
  readonly element: HTMLElement;
  /** The values of the sample, in order. */
  values(): ArrayLike<number>;
  /** Shows these values; absent if the control cannot. */
  show?(values: ArrayLike<number>): void;
  /** Ends what still runs, such as a camera. */
  stop?(): void;
}

export interface ControlOptions {
  readonly name: string;
  readonly slot: SlotType;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly labels: readonly string[];
  /** Where the zeros of a short text are by default. */
  readonly padding: Padding;
  /** Called after each change by the user. */
  readonly changed: () => void;
}
