// Like main.mjs, with the model itself instead of a build: for bundlers with the plugin.
import net from "./lenet.dl?mode=strict&variant=predict:N=1&variant=step:N=8";
import { options } from "./options.mjs";
import { report } from "./report.mjs";
import { trial } from "./trial.mjs";

report(net.load(options).then(trial));
