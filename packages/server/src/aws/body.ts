/** Reading of request bodies: bounded, patient with slow clients but not for ever, and kind to those that ask first. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Malformed } from "./codecs/malformed.ts";
import type { AwsError } from "./error.ts";

/** A client that sends nothing for so long is given up. */
const IDLE_MS = 30_000;
/** The same where it has its answer already, and its connection is only kept so that it can read that. */
const LINGER_MS = 5_000;
/** So much of a body that nobody wants is still read: an answer in the face of a sending client is lost to most. */
const MAX_DISCARDED = 256 * 1024 * 1024;

/** The client went away or fell silent inside its body: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

const ignore = () => undefined;

/** The body of one request. */
export class RequestBody {
  private readonly incoming: IncomingMessage;
  private readonly response: ServerResponse;
  /** Whether the client waits to be told before it sends. */
  private waits: boolean;
  /** Whether the connection ends behind the body instead of behind the answer. */
  private lingers = false;

  constructor(incoming: IncomingMessage, response: ServerResponse) {
    this.incoming = incoming;
    this.response = response;
    this.waits = incoming.headers.expect?.toLowerCase() === "100-continue";
  }

  get present(): boolean {
    const { headers } = this.incoming;
    if (headers["transfer-encoding"] !== undefined) return true;
    if (headers["content-length"] !== undefined) return headers["content-length"] !== "0";
    return this.incoming.httpVersionMajor > 1 && !this.incoming.complete;
  }

  /** The bytes as they come. May be iterated once. @throws ClientGone where they end too early. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    const { incoming } = this;
    this.proceed();
    const giveUp = () => incoming.destroy(new ClientGone("the client stopped sending"));
    incoming.setTimeout(IDLE_MS, giveUp);
    try {
      // A reader that stops early must not take the connection down: the answer goes over it.
      for await (const chunk of incoming.iterator({ destroyOnReturn: false }))
        yield chunk as Uint8Array;
    } catch (error) {
      throw error instanceof ClientGone
        ? error
        : new ClientGone("the client went away inside its body");
    } finally {
      incoming.removeListener("timeout", giveUp);
      incoming.setTimeout(0);
    }
    if (!incoming.complete) throw new ClientGone("the body ended too early");
  }

  /** @throws what `tooLarge` gives, where the length alone says that there are more than `limit` bytes. */
  checkLength(limit: number, tooLarge: () => AwsError): void {
    if (Number(this.incoming.headers["content-length"]) > limit) throw tooLarge();
  }

  /** All bytes. @throws ClientGone where they end too early; what `tooLarge` gives where there are more than `limit`. */
  read(limit: number, tooLarge: () => AwsError): Promise<Uint8Array> {
    const { incoming } = this;
    return new Promise((resolve, reject) => {
      this.checkLength(limit, tooLarge);
      this.proceed();
      const chunks: Uint8Array[] = [];
      let size = 0;
      const onData = (chunk: Uint8Array) => {
        size += chunk.length;
        if (size <= limit) chunks.push(chunk);
        else settle(() => reject(tooLarge()));
      };
      const onEnd = () => settle(() => resolve(concatenated(chunks, size)));
      const onGone = () => settle(() => reject(new ClientGone("the body ended too early")));
      const onIdle = () => incoming.destroy();
      const settle = (finish: () => void) => {
        incoming.off("data", onData).off("end", onEnd).off("close", onGone).off("timeout", onIdle);
        incoming.setTimeout(0);
        finish();
      };
      incoming.on("data", onData).on("end", onEnd).on("close", onGone);
      incoming.on("error", ignore); // "close" follows
      incoming.setTimeout(IDLE_MS, onIdle);
    });
  }

  /** Tells a client that waits for it to send. */
  proceed(): void {
    if (this.waits) this.response.writeContinue();
    this.waits = false;
  }

  /**
   * Called before the answer is sent. A client that still waits for its turn will not be asked on this connection; one
   * that is sending, and wants no further answer, would lose this one if its connection ended before it is done.
   */
  settle(): void {
    const { incoming, response } = this;
    if (incoming.httpVersionMajor !== 1) return;
    if (this.waits) response.setHeader("connection", "close");
    else if (!incoming.complete && !response.shouldKeepAlive) {
      this.lingers = true;
      response.shouldKeepAlive = true;
    }
  }

  /** Called after the answer was sent: reads on what nobody wanted, for a while. */
  discard(): void {
    const { incoming } = this;
    if (this.waits || incoming.destroyed) return;
    if (incoming.complete) return void this.close();
    let size = 0;
    incoming.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > MAX_DISCARDED) incoming.destroy();
    });
    incoming.on("error", ignore);
    // Not undone at the end: it took the place of Node's timeout of idle connections, which began with the answer.
    incoming.setTimeout(this.lingers ? LINGER_MS : IDLE_MS, () => incoming.destroy());
    incoming.on("end", () => this.close());
    incoming.resume();
  }

  /** Ends the connection, where that was left for later. */
  private close(): void {
    if (this.lingers) this.incoming.socket.end();
  }
}

/** All bytes of a stream. @throws what `tooLarge` gives, where there are more than `limit`. */
export async function collect(
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
  tooLarge: () => AwsError,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return concatenated(chunks, size);
}

const concatenated = (chunks: readonly Uint8Array[], size: number): Uint8Array =>
  chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);

const inflate = promisify(gunzip);

/** Undoes `Content-Encoding: gzip`, which SDKs use for large PutMetricData. @throws Malformed, or what `tooLarge` gives */
export async function decompress(
  body: Uint8Array,
  encoding: string | undefined,
  limit: number,
  tooLarge: () => AwsError,
): Promise<Uint8Array> {
  if (encoding !== "gzip" || body.length === 0) return body;
  try {
    return await inflate(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new Malformed("The input is not gzip");
  }
}
