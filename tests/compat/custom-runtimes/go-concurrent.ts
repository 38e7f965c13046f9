/** AWS's runtime client for Go, compiled here, in a version that takes several invocations at once. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Client, failureOf, missing, type Unavailable } from "./client.ts";

const HANDLER = `package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type Event struct {
	N    int
	Ms   int
	Fail bool
}

var running, most atomic.Int32

func handle(ctx context.Context, event Event) (map[string]any, error) {
	now := running.Add(1)
	defer running.Add(-1)
	for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
	}
	time.Sleep(time.Duration(event.Ms) * time.Millisecond)
	if event.Fail {
		return nil, errors.New("refused")
	}
	call, _ := lambdacontext.FromContext(ctx)
	fmt.Printf("{\\"requestId\\":%q,\\"message\\":\\"event %d\\"}\\n", call.AwsRequestID, event.N)
	return map[string]any{
		"n": event.N, "most": most.Load(), "instance": os.Getenv("AWS_LAMBDA_LOG_STREAM_NAME"),
	}, nil
}

func main() { lambda.Start(handle) }
`;

const MODULE = `module test

go 1.22

require github.com/aws/aws-lambda-go v1.55.1
`;

export async function goConcurrent(directory: string): Promise<Client | Unavailable> {
  const skip = await missing("go", "https://go.dev/doc/install");
  if (skip) return { skip };
  await mkdir(join(directory, "out"), { recursive: true });
  await writeFile(join(directory, "go.mod"), MODULE);
  await writeFile(join(directory, "main.go"), HANDLER);
  const env = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };
  const build = ["build", "-tags", "lambda.norpc", "-o", "out/bootstrap", "."];
  const failure =
    (await failureOf(directory, "go", ["mod", "tidy"], env)) ??
    (await failureOf(directory, "go", build, env));
  if (failure) return { skip: `aws-lambda-go could not be compiled: ${failure}` };
  return { code: { bootstrap: await readFile(join(directory, "out/bootstrap")) } };
}
