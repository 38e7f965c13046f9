/** AWS's runtime client for Rust. It takes minutes to compile: only where TEST_RUST_CLIENT is set. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, failureOf, missing, type Unavailable } from "./client.ts";

const CARGO = `[package]
name = "bootstrap"
version = "0.1.0"
edition = "2021"

[dependencies]
lambda_runtime = { version = "1", default-features = false }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt"] }
`;
const MAIN = `use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    println!("event {}", event.payload);
    if event.payload["fail"] == json!(true) {
        return Err("refused".into());
    }
    Ok(json!({ "event": event.payload, "id": event.context.request_id }))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
`;

export async function rust(directory: string): Promise<Client | Unavailable> {
  if (!process.env["TEST_RUST_CLIENT"])
    return { skip: "compiling lambda_runtime takes minutes: set TEST_RUST_CLIENT=1 to run it" };
  const skip = await missing("cargo", "https://rustup.rs");
  if (skip) return { skip };
  await mkdir(join(directory, "src"));
  await writeFile(join(directory, "Cargo.toml"), CARGO);
  await writeFile(join(directory, "src/main.rs"), MAIN);
  const failure = await failureOf(directory, "cargo", ["build", "--quiet"]);
  if (failure) return { skip: `lambda_runtime could not be compiled: ${failure}` };
  return { code: { bootstrap: await readFile(join(directory, "target/debug/bootstrap")) } };
}
