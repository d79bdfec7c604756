import { test } from "vitest";
import { argumentsOf, casesOf, check, type Case } from "./vectors.ts";

const typeOf = (vectors: Case, name: string): string => `f32[${vectors.inputs[name]?.shape.join(", ")}]`;

for (const vectors of casesOf("norms"))
  test(vectors.name, async () => {
    const [x, dy] = [typeOf(vectors, "x"), typeOf(vectors, "dy")];
    const params = vectors.name === "rms_norm" ? "dgamma: found[0]" : "dgamma: found[0], dbeta: found[1]";
    await check(vectors, {
      text: `
model Net(x: ${x}) = x |> ${vectors.name}(${argumentsOf(vectors.options)})
train entry run(x: ${x}, dy: ${dy}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let found = grad(loss, params(Net))
  { y, dx: grad(loss, x), ${params} }
}`,
      ...(vectors.name === "batch_norm" ? { after: { mean: "mean", var: "var" } } : {}),
    });
  });

for (const vectors of casesOf("dot-product-attention"))
  test(`dot-product-attention: ${vectors.name}`, async () => {
    const [q, k, v, dy] = ["q", "k", "v", "dy"].map((name) => typeOf(vectors, name));
    const padded = vectors.inputs["lengths"] !== undefined;
    await check(vectors, {
      text: `
entry run(q: ${q}, k: ${k}, v: ${v}, dy: ${dy}${padded ? ", lengths: i32[2]" : ""}) {
  let y = dot_product_attention(q, k, v, ${argumentsOf(vectors.options)}${padded ? ", mask: padding_mask(lengths, size: 4)[:, _, :]" : ""})
  let loss = sum(y * dy)
  { y, dq: grad(loss, q), dk: grad(loss, k), dv: grad(loss, v) }
}`,
    });
  });

for (const vectors of casesOf("multi-head-attention"))
  test(`multi-head-attention: ${vectors.name}`, async () => {
    const [x, dy] = ["x", "dy"].map((name) => typeOf(vectors, name));
    const padded = vectors.inputs["lengths"] !== undefined;
    const lengths = padded ? ", lengths: i32[2]" : "";
    await check(vectors, {
      text: `
model Net(x: ${x}${lengths}) = multi_head_attention(${argumentsOf(vectors.options)}${padded ? ", mask: padding_mask(lengths, size: 4)" : ""})(x, x)
entry run(x: ${x}, dy: ${dy}${lengths}) {
  let y = Net(x${padded ? ", lengths" : ""})
  { y, dx: grad(sum(y * dy), x) }
}`,
      params: {
        wq: "query.w",
        wk: "key.w",
        wv: "value.w",
        wo: "output.w",
        bq: "query.b",
        bk: "key.b",
        bv: "value.b",
        bo: "output.b",
      },
    });
  });

for (const vectors of casesOf("attention-variants"))
  test(`attention: ${vectors.name}`, async () => {
    const [x, dy] = ["x", "dy"].map((name) => typeOf(vectors, name));
    const padded = vectors.inputs["lengths"] !== undefined;
    const lengths = padded ? ", lengths: i32[2]" : "";
    await check(vectors, {
      text: `
model Net(x: ${x}${lengths}) = multi_head_attention(${argumentsOf(vectors.options)}${padded ? ", mask: padding_mask(lengths, size: 5)" : ""})(x, x)
entry run(x: ${x}, dy: ${dy}${lengths}) {
  let y = Net(x${padded ? ", lengths" : ""})
  let loss = sum(y * dy)
  let (dwq, dwk, dwv, dwo) = grad(loss, params(Net))
  { y, dx: grad(loss, x), dwq, dwk, dwv, dwo }
}`,
      params: { wq: "query.w", wk: "key.w", wv: "value.w", wo: "output.w" },
    });
  });

for (const vectors of casesOf("weight-norms"))
  test(`weight: ${vectors.name}`, async () => {
    const [x, dy] = [typeOf(vectors, "x"), typeOf(vectors, "dy")];
    const { layer, iterations } = vectors.options;
    const slopes = vectors.outputs["dg"] === undefined ? "dw: found[0]" : "dw: found[0], dg: found[1]";
    await check(vectors, {
      text: `
model Net(x: ${x}) = x |> dense(3, weight: ${layer}${iterations === undefined ? "" : `(iterations: ${iterations})`})
train entry run(x: ${x}, dy: ${dy}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let found = grad(loss, params(Net))
  { y, dx: grad(loss, x), ${slopes} }
}`,
      ...(vectors.outputs["v"] === undefined ? {} : { after: { v: "v" } }),
    });
  });

for (const vectors of casesOf("batch-renorm"))
  test(`batch renorm, ${vectors.name}`, async () => {
    const [x, dy] = [typeOf(vectors, "x"), typeOf(vectors, "dy")];
    await check(vectors, {
      text: `
model Net(x: ${x}) = x |> batch_renorm(${argumentsOf(vectors.options)})
train entry run(x: ${x}, dy: ${dy}) {
  let y = Net(x)
  let loss = sum(y * dy)
  let (dgamma, dbeta) = grad(loss, params(Net))
  { y, dx: grad(loss, x), dgamma, dbeta }
}`,
      after: { mean_after: "mean", var_after: "var" },
    });
  });
