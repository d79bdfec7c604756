import { dlc } from "dlc/rolldown";

export default { input: "main.js", output: { dir: "dist" }, plugins: [dlc()] };
