/**
 * The files of the standard library, visible in every file without an import. The resolver finds them by these names.
 */
export const preludeFiles = [
  "std/tensors.dl",
  "std/sorting.dl",
  "std/init.dl",
  "std/activations.dl",
  "std/layers.dl",
  "std/convolution.dl",
  "std/pooling.dl",
  "std/normalisation.dl",
  "std/resampling.dl",
  "std/attention.dl",
  "std/blocks.dl",
  "std/vector-quantiser.dl",
  "std/losses.dl",
  "std/regularisers.dl",
  "std/metrics.dl",
  "std/optimizers.dl",
  "std/schedules.dl",
  "std/recurrent.dl",
  "std/ctc.dl",
  "std/augmentation.dl",
  "std/clustering.dl",
  "std/signal.dl",
  "std/logic.dl",
  "std/testing.dl",
] as const;
