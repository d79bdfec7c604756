/** The files of the standard library, which every file sees without an import. The resolver finds them under these names. */
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
  "std/metrics.dl",
  "std/optimizers.dl",
] as const;
