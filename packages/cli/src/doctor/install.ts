/** The command that installs a program here. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

interface PackageManager {
  readonly program: string;
  readonly install: string;
  /** Where a package is called otherwise than its program. */
  readonly names?: Readonly<Record<string, string>>;
}

const MANAGERS: readonly PackageManager[] = [
  { program: "apt-get", install: "apt-get install -y" },
  { program: "dnf", install: "dnf install -y" },
  { program: "apk", install: "apk add", names: { awscli: "aws-cli" } },
  {
    program: "pacman",
    install: "pacman -S --noconfirm",
    names: { python3: "python", awscli: "aws-cli-v2" },
  },
  { program: "zypper", install: "zypper install -y", names: { awscli: "aws-cli" } },
  { program: "brew", install: "brew install", names: { python3: "python" } },
];

/** For example `sudo apt-get install -y bubblewrap`; in words where no package manager is known. */
export function installCommand(name: string): string {
  const manager = MANAGERS.find(({ program }) => isOnPath(program));
  if (manager === undefined) return `install ${name} with the package manager of this system`;
  const root = process.getuid?.() === 0 || manager.program === "brew";
  const called = manager.names?.[name] ?? name;
  return `${root ? "" : "sudo "}${manager.install} ${called}`;
}

function isOnPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
