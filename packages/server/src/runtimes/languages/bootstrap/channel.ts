/** The instance's end of the frames: file descriptor 3. When the platform is gone, so are we. */
import { Socket } from "node:net";
import { FrameReader, type FrameSink } from "../../wire/frame-reader.ts";
import { FrameWriter } from "../../wire/frame-writer.ts";

const DESCRIPTOR = 3;
/** The platform is trusted to send what fits; this only bounds a corrupted stream. */
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** What the rest of the bootstrap needs of it. */
export interface Channel {
  readonly writer: FrameWriter;
  /** Whether the wait for frames keeps the process alive: off while a handler runs, so that an empty event loop shows. */
  hold(alive: boolean): void;
  /** Calls back when everything written has left this process. */
  drained(callback: () => void): void;
}

/** Opens the channel; `sink` gets each frame. */
export function openChannel(sink: FrameSink): Channel {
  const socket = new Socket({ fd: DESCRIPTOR, readable: true, writable: true });
  const reader = new FrameReader(MAX_PAYLOAD, sink);
  socket.on("data", (chunk: Buffer) => reader.push(chunk));
  socket.on("error", () => process.exit(1));
  socket.on("close", () => process.exit(0));
  return {
    writer: new FrameWriter(socket),
    hold(alive) {
      if (alive) socket.ref();
      else socket.unref();
    },
    drained(callback) {
      if (socket.writableLength === 0) callback();
      else socket.write("", () => callback());
    },
  };
}
