/** For tests: programs that speak with Lambda's APIs, written in a few lines of JavaScript. */

/** What a program has: next(), respond(), fail(), register(), event() and the call() that they are made of. */
const LIBRARY = `
const http = require("node:http");
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });
function call(method, path, { headers = {}, body, before } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path, headers, agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        let json;
        try { json = JSON.parse(text); } catch {}
        resolve({ status: response.statusCode, headers: response.headers, bytes, text, json });
      });
    });
    request.on("error", reject);
    if (before) before(request);
    else request.end(body);
  });
}
const RUNTIME = "/2018-06-01/runtime";
const EXTENSION = "/2020-01-01/extension";
async function next() {
  const got = await call("GET", RUNTIME + "/invocation/next");
  return { ...got, id: got.headers["lambda-runtime-aws-request-id"] };
}
const respond = (id, value, options = {}) =>
  call("POST", RUNTIME + "/invocation/" + id + "/response", { body: JSON.stringify(value), ...options });
const fail = (id, value, type = "Function.Failed") =>
  call("POST", RUNTIME + "/invocation/" + id + "/error", {
    body: JSON.stringify(value), headers: { "Lambda-Runtime-Function-Error-Type": type },
  });
let me;
async function register(name, events, headers = {}) {
  const got = await call("POST", EXTENSION + "/register", {
    headers: { "Lambda-Extension-Name": name, ...headers }, body: JSON.stringify({ events }),
  });
  me = got.headers["lambda-extension-identifier"] ?? me;
  return got;
}
const event = () =>
  call("GET", EXTENSION + "/event/next", { headers: { "Lambda-Extension-Identifier": me } });
const report = (what, type) =>
  call("POST", EXTENSION + "/" + what + "/error", {
    headers: { "Lambda-Extension-Identifier": me, "Lambda-Extension-Function-Error-Type": type },
  });
const subscribe = (body) =>
  call("PUT", "/2022-07-01/telemetry", {
    headers: { "Lambda-Extension-Identifier": me }, body: JSON.stringify(body),
  });
`;

/** An executable that runs these lines, which may await. `node`: the program that runs it, as the function sees it. */
export const program = (lines: string, node = process.execPath): string =>
  `#!${node}\n${LIBRARY}\n(async () => {\n${lines}\n})();\n`;

/** A bootstrap that answers each invocation with what these lines return; `event` and `got` are there. */
export const runtime = (lines: string, node = process.execPath): string =>
  program(
    `const handle = async (event, got) => {\n${lines}\n};
     for (;;) {
       const got = await next();
       await respond(got.id, await handle(got.json, got));
     }`,
    node,
  );
