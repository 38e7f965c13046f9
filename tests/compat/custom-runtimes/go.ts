/**
 * AWS's runtime client for Go, compiled here, with an extension in Go's standard library alone: it registers, subscribes
 * to telemetry, and writes what it was told to a file that the function answers with.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, failureOf, missing, type Unavailable } from "./client.ts";

const HANDLER = `package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func handle(ctx context.Context, event map[string]any) (map[string]any, error) {
	fmt.Println("event", event)
	if event["fail"] == true {
		return nil, errors.New("refused")
	}
	call, _ := lambdacontext.FromContext(ctx)
	seen, _ := os.ReadFile(filepath.Join(os.TempDir(), "seen"))
	return map[string]any{"event": event, "id": call.AwsRequestID, "seen": string(seen)}, nil
}

func main() { lambda.Start(handle) }
`;

const EXTENSION = `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

var api = "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")
var id string

func call(method, path string, body any) []byte {
	text, _ := json.Marshal(body)
	request, _ := http.NewRequest(method, api+path, bytes.NewReader(text))
	request.Header.Set("Lambda-Extension-Name", filepath.Base(os.Args[0]))
	request.Header.Set("Lambda-Extension-Identifier", id)
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != 200 {
		fmt.Println("watcher failed", path, err, response)
		os.Exit(1)
	}
	if got := response.Header.Get("Lambda-Extension-Identifier"); got != "" {
		id = got
	}
	answer, _ := io.ReadAll(response.Body)
	return answer
}

func saw(what string) {
	file, _ := os.OpenFile(filepath.Join(os.TempDir(), "seen"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	fmt.Fprintln(file, what)
	file.Close()
}

func main() {
	call("POST", "/2020-01-01/extension/register", map[string]any{"events": []string{"INVOKE", "SHUTDOWN"}})
	listener, err := net.Listen("tcp", "sandbox.localdomain:0")
	if err != nil { // without a sandbox nobody knows the name
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		var events []struct{ Type string }
		json.NewDecoder(request.Body).Decode(&events)
		for _, event := range events {
			saw(event.Type)
		}
	}))
	port := listener.Addr().(*net.TCPAddr).Port
	call("PUT", "/2022-07-01/telemetry", map[string]any{
		"schemaVersion": "2022-12-13",
		"types":         []string{"platform", "function"},
		"buffering":     map[string]int{"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
		"destination":   map[string]any{"protocol": "HTTP", "URI": fmt.Sprintf("http://sandbox.localdomain:%d", port)},
	})
	for {
		var event struct{ EventType string }
		json.Unmarshal(call("GET", "/2020-01-01/extension/event/next", nil), &event)
		saw(event.EventType)
		if event.EventType == "SHUTDOWN" {
			return
		}
	}
}
`;

const MODULE = `module test

go 1.21

require github.com/aws/aws-lambda-go v1.47.0
`;

export async function go(directory: string): Promise<Client | Unavailable> {
  const skip = await missing("go", "https://go.dev/doc/install");
  if (skip) return { skip };
  const files = {
    "go.mod": MODULE,
    "bootstrap/main.go": HANDLER,
    "watcher/main.go": EXTENSION,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, ".."), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  await mkdir(join(directory, "out"));
  const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };
  const failure =
    (await failureOf(directory, "go", ["mod", "tidy"], env)) ??
    (await failureOf(
      directory,
      "go",
      ["build", "-tags", "lambda.norpc", "-o", "out/", "./..."],
      env,
    ));
  if (failure) return { skip: `aws-lambda-go could not be compiled: ${failure}` };
  return {
    code: { bootstrap: await readFile(join(directory, "out/bootstrap")) },
    extensions: { "extensions/watcher": await readFile(join(directory, "out/watcher")) },
  };
}
