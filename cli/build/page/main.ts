// The page of a built model: forms for its inputs, views of its outputs. Everything follows from the types of the
// entries, which the model knows at run time.
import { element } from "./dom.ts";
import { loadModel, type Config } from "./model.ts";
import { modelPage } from "./model-page.ts";

const app = document.querySelector("#app") ?? document.body;
const config = JSON.parse(document.querySelector("#config")?.textContent ?? "{}") as Config;

try {
  const start = performance.now();
  const model = await loadModel();
  app.replaceChildren(modelPage(model, config, performance.now() - start));
} catch (error) {
  const says = error instanceof Error ? error.message : String(error);
  const help =
    location.protocol === "file:" && document.querySelector("#model") === null
      ? "A browser loads no modules from file:// URLs. Serve the folder (npx serve, python3 -m http.server), or build the page with --inline."
      : "";
  app.replaceChildren(
    element("h1", {}, config.title),
    element("pre", { class: "error", role: "alert" }, says),
    ...(help === "" ? [] : [element("p", {}, help)]),
  );
}
