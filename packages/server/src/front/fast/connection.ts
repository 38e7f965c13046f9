/**
 * One client's connection as the strict parser serves it: requests in, answers out in their order. As soon as something
 * comes that the parser does not read, or no route claims, the connection is handed over with every byte that was not
 * answered, and stays where it is then.
 */
import type { Socket } from "node:net";
import type { DirectCall } from "../../aws/routes/direct.ts";
import { latin1, ONE_WRITE_BYTES } from "../../aws/send.ts";
import { MAX_PAYLOAD_BYTES } from "../../domain/function-limits.ts";
import { Gathered } from "../../http/gathered.ts";
import { HeadReader, MORE, ODD } from "../../http/head.ts";
import { isHost } from "../host.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import { MAX_HEAD_BYTES, MAX_HEAD_PIECES, MAX_PIPELINED, MAX_UNSENT_BYTES } from "./limits.ts";
import { verdictOn, type Waits } from "./patience.ts";

export class Connection implements ExchangeHost {
  gone = false;
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #head: HeadReader;
  /** Bytes that were read and not understood yet. */
  #rest: Buffer = NOTHING;
  /** Reads that the head under way took so far. */
  #pieces = 0;
  /** The request whose body is under way. */
  #call: DirectCall | undefined;
  #body: Gathered | undefined;
  /** Requests whose answers were not sent, in their order. */
  readonly #exchanges: Exchange[] = [];
  #fresh = true;
  /** Is handed over once all that came before is answered. */
  #leaving = false;
  /** No further request is wanted. */
  #ended = false;
  #paused = false;
  /** When what it waits for began, or the client last did its part. */
  #since: number;
  #bodySince = 0;
  /** Answers of this turn, in Latin-1. */
  #out = "";

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#since = host.now;
    this.#head = new HeadReader(socket);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("drain", this.#onDrain);
    socket.on("error", ignore); // "close" follows
    socket.on("close", this.#onClose);
  }

  /** Ends it where nothing is under way; what is ends it behind its answer, as the host is closing then. */
  close(): void {
    const idle =
      this.#exchanges.length === 0 && this.#call === undefined && this.#rest.length === 0;
    if (idle && this.#socket.writableLength === 0) this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Cuts it where its client has taken too long. */
  look(): void {
    const verdict = verdictOn(this.#waits, this.#host.now);
    if (verdict === "cut") this.destroy();
    if (verdict === "refuse") this.#refuse("408 Request Timeout");
  }

  get #waits(): Waits {
    const { writableLength } = this.#socket;
    const since = this.#since;
    if (writableLength > 0) return { for: "reader", since, bytes: writableLength };
    if (this.#exchanges.length > 0) return { for: "answer", since };
    if (this.#ended) return { for: "close", since };
    if (this.#call !== undefined)
      return { for: "body", since, begun: this.#bodySince, bytes: this.#body?.size ?? 0 };
    return { for: this.#fresh || this.#rest.length > 0 ? "head" : "request", since };
  }

  answered(exchange: Exchange): void {
    if (this.#exchanges[0] === exchange) this.#host.flushLater(this);
  }

  /** Sends what is ready, in one write where it is short, and goes on with what waited for that. */
  flush(): void {
    const exchanges = this.#exchanges;
    if (this.gone) return;
    this.#since = this.#host.now;
    for (let first = exchanges[0]; first?.head; first = exchanges[0]) {
      exchanges.shift();
      const nothingElse = exchanges.length === 0 && this.#call === undefined && !this.#leaving;
      if (this.#host.closing && nothingElse) this.#ended = true;
      this.#append(first, this.#ended && exchanges.length === 0);
    }
    if (this.#out !== "") this.#socket.write(this.#out, "latin1");
    this.#out = "";
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
    if (exchanges.length === 0 && this.#ended) this.#socket.end();
    else this.#goOn();
  }

  // What comes ----------------------------------------------------------------------------------------------------

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ended) return; // behind a last request nothing is anybody's
    const rest = this.#rest;
    this.#rest = NOTHING;
    this.#read(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk);
  };

  #read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#ended) {
      if (this.#isFull) {
        this.#pause(bytes.subarray(at));
        return;
      }
      const next = this.#call === undefined ? this.#readHead(bytes, at) : this.#readBody(bytes, at);
      if (next === MORE) {
        this.#rest = bytes.subarray(at);
        return;
      }
      if (next === ODD) {
        this.#leave(bytes.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** Where the head ends and was claimed; `MORE`, or `ODD` where somebody else must read it. */
  #readHead(bytes: Buffer, at: number): number {
    const head = this.#head;
    const end = head.read(bytes, at);
    if (end === MORE) {
      if (this.#pieces++ === 0) this.#since = this.#host.now;
      return this.#pieces > MAX_HEAD_PIECES || bytes.length - at > MAX_HEAD_BYTES ? ODD : MORE;
    }
    this.#pieces = 0;
    if (end === ODD || end - at > MAX_HEAD_BYTES || this.#host.closing) return ODD;
    if (head.length > MAX_PAYLOAD_BYTES) return ODD;
    // Behind a request that it calls its last a client sends no more; Node.js says so to who does.
    if (!head.keepAlive && bytes.length > end + head.length) return ODD;
    const call = isHost(head.header("host") ?? "") ? this.#claim() : undefined;
    if (call === undefined || head.ambiguous) return ODD;
    this.#fresh = false;
    this.#ended = !head.keepAlive && head.length === 0;
    if (head.length === 0) this.#serve(call, NOTHING);
    else this.#expectBody(call);
    return end;
  }

  #claim(): DirectCall | undefined {
    try {
      for (const route of this.#host.routes) {
        const call = route(this.#head);
        if (call !== undefined) return call;
      }
    } catch (error) {
      this.#host.onDefect(error);
    }
    return undefined;
  }

  #expectBody(call: DirectCall): void {
    this.#call = call;
    this.#bodySince = this.#host.now;
    this.#since = this.#host.now;
  }

  /** Where the body ends, or what there is of it. The usual one is there already, and is not copied. */
  #readBody(bytes: Buffer, at: number): number {
    const { length, keepAlive } = this.#head;
    let end = at + length;
    let body = bytes;
    if (this.#body === undefined && end <= bytes.length) body = bytes.subarray(at, end);
    else {
      this.#body ??= new Gathered(length);
      this.#since = this.#host.now;
      end = this.#body.take(bytes, at);
      if (!this.#body.complete) return end;
      body = this.#body.bytes;
    }
    const call = this.#call as DirectCall;
    this.#call = undefined;
    this.#body = undefined;
    this.#ended = !keepAlive;
    this.#serve(call, body);
    return end;
  }

  #serve(call: DirectCall, body: Buffer): void {
    const exchange = new Exchange(this);
    this.#exchanges.push(exchange);
    try {
      call.serve(body, exchange);
    } catch (error) {
      this.#host.onDefect(error);
      this.destroy();
    }
  }

  /** The client goes, or has nothing more to say; Node.js, too, takes the one for the other. */
  readonly #onEnd = (): void => {
    const { length } = this.#exchanges;
    if (this.#rest.length > 0 && length === 0) this.#refuse("400 Bad Request");
    else this.#socket.end();
    this.#goes();
  };

  readonly #onClose = (): void => {
    this.#goes();
    this.#host.left(this);
  };

  #goes(): void {
    this.gone = true;
    for (const exchange of this.#exchanges.splice(0)) exchange.leave();
  }

  // How it goes on ------------------------------------------------------------------------------------------------

  get #isFull(): boolean {
    return (
      this.#exchanges.length >= MAX_PIPELINED || this.#socket.writableLength > MAX_UNSENT_BYTES
    );
  }

  #pause(rest: Buffer): void {
    this.#rest = rest;
    this.#paused = true;
    this.#socket.pause();
  }

  readonly #onDrain = (): void => {
    this.#since = this.#host.now;
    this.#goOn();
  };

  #goOn(): void {
    if (!this.#paused || this.gone || this.#isFull) return;
    const rest = this.#rest;
    if (this.#leaving) {
      if (this.#exchanges.length === 0) this.#handOver(rest);
      return;
    }
    this.#paused = false;
    this.#rest = NOTHING;
    this.#read(rest);
    if (!this.#paused && !this.#leaving) this.#socket.resume();
  }

  #leave(rest: Buffer): void {
    this.#leaving = true;
    if (this.#exchanges.length === 0) this.#handOver(rest);
    else this.#pause(rest);
  }

  #handOver(rest: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("drain", this.#onDrain);
    socket.off("error", ignore);
    socket.off("close", this.#onClose);
    this.gone = true;
    this.#host.left(this);
    this.#host.handOver(socket, rest, this.#fresh);
  }

  // What goes -----------------------------------------------------------------------------------------------------

  #append(exchange: Exchange, last: boolean): void {
    const { body } = exchange;
    this.#out += exchange.headText(this.#host.dateLine(), last);
    if (body.length <= ONE_WRITE_BYTES) {
      this.#out += latin1(body);
      return;
    }
    if (this.#socket.writableCorked === 0) this.#socket.cork();
    this.#socket.write(this.#out, "latin1");
    this.#socket.write(body);
    this.#out = "";
  }

  #refuse(status: string): void {
    this.#ended = true;
    this.#socket.write(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    this.#socket.destroySoon();
  }
}

const NOTHING = Buffer.alloc(0);

const ignore = (): void => {};
