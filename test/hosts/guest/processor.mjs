// An AudioWorklet, whose scope has no URL, fetch or TextDecoder. For each block of samples it computes a call.
import { load } from "./model/module.mjs";
import { begin } from "./trial.mjs";

const ways = {
  /** The trial, after which it is silent. */
  trial({ calls, call, finish }, port) {
    let block = 0;
    return () => {
      if (block < calls) call(block);
      if (block === calls) port.postMessage(finish());
      block++;
    };
  },
  /** After the caller has seen the state, which the model then watches. */
  bound({ predict, finish }) {
    finish();
    return warm(predict);
  },
  copying: ({ predictCopies }) => warm(predictCopies),
};

/** So often that engines have optimized it. */
function warm(call) {
  for (let i = 0; i < 2000; i++) call();
  return call;
}

class LeNet extends AudioWorkletProcessor {
  constructor({ processorOptions: { module, weights, way } }) {
    super();
    load({ module, weights })
      .then((model) => {
        this.call = ways[way](begin(model), this.port);
        this.port.postMessage(null);
      })
      .catch((error) => this.port.postMessage(error));
  }

  process() {
    this.call();
    return true;
  }
}

registerProcessor("lenet", LeNet);
