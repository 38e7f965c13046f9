/** What a tool needs to look after the runtimes of a platform. */
export {
  INSTALLABLE,
  InstallError,
  installNode,
  removeNode,
} from "./runtimes/languages/node/install-node.ts";
export {
  installedNodes,
  installedRuntimes,
  majorOf,
  nearestNode,
} from "./runtimes/languages/node/node-versions.ts";
