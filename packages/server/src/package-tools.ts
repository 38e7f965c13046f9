/** What a tool needs to look into functions' packages as the platform does. */
export { ZipError } from "./domain/zip-error.ts";
export {
  type InitMeter,
  type MeasuredModule,
  openInitMeter,
} from "./runtimes/init-meter/init-meter.ts";
export type { ModuleOrigin, ModulePlace } from "./runtimes/init-meter/module-place.ts";
export type { InitSubject } from "./runtimes/init-meter/start-probe.ts";
export { runtimeBrings } from "./runtimes/languages/node/brought.ts";
export { unpack } from "./runtimes/packages/unpack.ts";
