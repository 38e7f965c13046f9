/** Programs of the host that build walls. */
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Where distributions keep them; a person's own directories of the PATH are for what only a person installs. */
const PLACES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** The path of a system program, or undefined. */
export const systemTool = (name: string): string | undefined => findIn(PLACES, name);

/** The path of a program as the platform's PATH finds it, or undefined. */
export function toolOnPath(name: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  return findIn([...PLACES, ...places], name);
}

const findIn = (places: readonly string[], name: string): string | undefined =>
  places.map((place) => join(place, name)).find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
