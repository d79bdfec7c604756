import { dlc } from "dlc/rspack";

export default { entry: "./main.js", plugins: [dlc()] };
