// Runs a script of this repository on the Node.js that npm brought: node tools/node.mjs SCRIPT [ARGUMENTS]
import { launch } from "../packages/cli/bin/launch.mjs";

launch(process.argv.slice(2));
