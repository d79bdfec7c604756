// What TensorFlow.js takes for a browser, in Node.
Object.assign(globalThis, { window: globalThis, document: {}, WorkerGlobalScope: class {}, process: undefined });
