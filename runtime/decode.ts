// Decoders: convert the outputs of a model to text, tokens and boxes. Pure functions on arrays of numbers; invalid
// arguments throw `DlcError`s.
export {
  beamSearch,
  editDistance,
  errorRate,
  sampleToken,
  type BeamOptions,
  type SampleOptions,
  type Sentence,
} from "./decode-text.ts";
export { boxOverlap, suppressBoxes, type SuppressOptions } from "./decode-boxes.ts";
export { ctcBeamSearch, ctcGreedy, type CtcOptions, type Hypothesis } from "./decode-ctc.ts";
