import type { Quirks } from "../quirks.ts";

/** 50 MB of zip in base64, and room for the rest of the request: AWS's own figure. */
const WITH_ZIP = 70_167_211;
const PAYLOAD = 6 * 1024 * 1024;

const LIMITS: Readonly<Record<string, { readonly bytes: number; readonly called?: string }>> = {
  CreateFunction: { bytes: WITH_ZIP },
  UpdateFunctionCode: { bytes: WITH_ZIP },
  PublishLayerVersion: { bytes: WITH_ZIP },
  Invoke: { bytes: PAYLOAD, called: "InvokeFunction" },
  InvokeAsync: { bytes: PAYLOAD },
  InvokeWithResponseStream: { bytes: PAYLOAD },
};

/** Lambda: how large a request may be, operation by operation. */
export const lambda: Quirks = {
  bodyLimit: ({ name }) => LIMITS[name],
};
