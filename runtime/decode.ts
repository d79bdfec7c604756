// From what a model gives to what people read. Pure functions on arrays of numbers; mistakes in their arguments are `DlcError`s.
export { beamSearch, editDistance, errorRate, sampleToken, type BeamOptions, type SampleOptions, type Sentence } from "./decode-text.ts";
export { boxOverlap, suppressBoxes, type SuppressOptions } from "./decode-boxes.ts";
export { ctcBeamSearch, ctcGreedy, type CtcOptions, type Hypothesis } from "./decode-ctc.ts";
