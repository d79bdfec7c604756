import { Bytes } from "../../compiler/codegen/wasm/bytes.ts";
import type { Plan } from "../../runtime/plan.ts";

/** Appends what a build adds to a WebAssembly module: the constants as data, and a custom section, `build`. */
export function withSections(
  module: Uint8Array,
  { constants }: Pick<Plan, "constants">,
  build: string,
): Uint8Array<ArrayBuffer> {
  const whole = new Bytes();
  whole.raw(module);
  if (constants.length > 0) {
    const data = new Bytes();
    data.u32(constants.length);
    for (const { offset, base64 } of constants) {
      // An active segment of the first memory, at `i32.const offset`.
      for (const byte of [0x00, 0x41]) data.byte(byte);
      data.s32(offset);
      data.byte(0x0b);
      data.sized(Buffer.from(base64, "base64"));
    }
    whole.byte(11);
    whole.sized(data.finish());
  }
  const custom = new Bytes();
  custom.name("build");
  custom.raw(new TextEncoder().encode(build));
  whole.byte(0);
  whole.sized(custom.finish());
  return whole.finish();
}
