/** Buckets as websites: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  redirectOf,
  type WebsiteDocument,
  type WebsiteRedirect,
} from "../../domain/bucket-website.ts";
import { YunqueError } from "../../domain/errors.ts";
import { contentRange } from "../../domain/object-range.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Caller, FoundObject, Objects } from "../../services/objects/index.ts";
import { inWords } from "../doors/s3-words.ts";
import { AwsError } from "../error.ts";
import { hostIdOf } from "../quirks/s3-host-id.ts";
import { bucketOfWebsite } from "../quirks/s3-website-host.ts";
import { type AwsRequest, type AwsResponse, readRequest } from "../request.ts";
import { send } from "../send.ts";
import { websiteError } from "./website-error.ts";

export interface WebsiteRouteOptions {
  readonly objects: Pick<Objects, "getConfiguration" | "getObject" | "headObject">;
  /** Whose buckets. */
  readonly scope: Scope;
  readonly onDefect: (error: unknown, requestId: string) => void;
}

export function createWebsiteRoute({ objects, scope, onDefect }: WebsiteRouteOptions) {
  return (incoming: IncomingMessage, response: ServerResponse): boolean => {
    const host = (incoming.headers.host ?? "").toLowerCase();
    const bucket = bucketOfWebsite(host);
    if (bucket === undefined) return false;
    const request = readRequest(incoming, randomUUID());
    const { requestId } = request;
    const secure = "encrypted" in incoming.socket;
    const visit: Visit = {
      bucket,
      request,
      place: { protocol: secure ? "https" : "http", host },
      caller: {
        ...scope,
        requestId,
        hostId: hostIdOf(requestId),
        principal: "Anonymous",
        sourceIp: incoming.socket.remoteAddress ?? "",
      },
    };
    incoming.resume(); // nothing that is sent to a website is read
    answer(visit)
      .then((answered) => send(request.method, answered, response))
      .catch((error: unknown) => {
        onDefect(error, requestId);
        response.destroy();
      });
    return true;
  };

  async function answer(visit: Visit): Promise<AwsResponse> {
    let answered: AwsResponse;
    try {
      answered = await serve(visit);
    } catch (error) {
      answered = websiteError(known(error, visit), visit.caller);
    }
    const { requestId, hostId } = visit.caller;
    Object.assign(answered.headers, {
      "x-amz-request-id": requestId,
      "x-amz-id-2": hostId,
      server: "Yunque",
    });
    return answered;
  }

  /** What went wrong, in S3's words; what is ours stays ours. */
  function known(error: unknown, { caller }: Visit): AwsError {
    const worded = inWords(error);
    if (worded instanceof AwsError) return worded;
    onDefect(error, caller.requestId);
    const message = "We encountered an internal error. Please try again.";
    return new AwsError("InternalError", message, { status: 500 });
  }

  async function serve(visit: Visit): Promise<AwsResponse> {
    const { bucket, caller, request, place } = visit;
    if (request.method !== "GET" && request.method !== "HEAD")
      throw new AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        { status: 405, members: { Method: request.method, ResourceType: "OBJECT" } },
      );
    const found = await objects.getConfiguration(caller, { bucket, kind: "website" });
    if (found === undefined)
      throw new AwsError(
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
        { status: 404, members: { BucketName: bucket } },
      );
    const site = found as WebsiteDocument;
    const path = keyOf(request);
    const before = redirectOf(site, path, place);
    if (before !== undefined) return redirect(before);
    const suffix = site.IndexDocument?.Suffix ?? "";
    const key = path === "" || path.endsWith("/") ? `${path}${suffix}` : path;
    try {
      return await object(visit, key);
    } catch (error) {
      return failed(visit, site, path, key, error);
    }
  }

  /** What a site shows where an object cannot be had: another place, an index below, a page of its own. */
  async function failed(
    visit: Visit,
    site: WebsiteDocument,
    path: string,
    key: string,
    error: unknown,
  ): Promise<AwsResponse> {
    const problem = inWords(error);
    if (!(problem instanceof AwsError)) throw error;
    const { status = 400 } = problem;
    if (status < 400) return { status, headers: { ...validators(problem) }, body: undefined };
    const suffix = site.IndexDocument?.Suffix ?? "";
    if (problem.code === "NoSuchKey" && key === path && (await exists(visit, `${path}/${suffix}`)))
      return redirect({
        status: 302,
        location: new URL(`/${encoded(path)}/`, "http://x").pathname,
      });
    const elsewhere = redirectOf(site, path, visit.place, status);
    if (elsewhere !== undefined) return redirect(elsewhere);
    const page = site.ErrorDocument?.Key;
    if (page === undefined) throw error;
    try {
      const { status: _, ...shown } = await object(visit, page, true);
      return { ...shown, status };
    } catch (second) {
      return websiteError(problem, visit.caller, known(second, visit));
    }
  }

  async function object(visit: Visit, key: string, asError = false): Promise<AwsResponse> {
    const { bucket, caller, request } = visit;
    const { range, ...conditions } = asError ? NOTHING : readingOf(request);
    const name = { bucket, key, conditions, ...(range !== undefined && { range }) };
    const found = await objects.getObject(caller, name);
    const { websiteRedirect } = found.object;
    if (websiteRedirect === undefined)
      return {
        status: found.range === undefined ? 200 : 206,
        headers: headersOf(found),
        body: found.bytes,
      };
    await found.bytes[Symbol.asyncIterator]().return?.();
    return redirect({ status: 301, location: websiteRedirect });
  }

  async function exists({ bucket, caller }: Visit, key: string): Promise<boolean> {
    try {
      await objects.headObject(caller, { bucket, key, conditions: {} });
      return true;
    } catch (error) {
      if (error instanceof YunqueError) return false;
      throw error;
    }
  }
}

interface Visit {
  readonly bucket: string;
  readonly request: AwsRequest;
  readonly place: { readonly protocol: string; readonly host: string };
  readonly caller: Caller;
}

const NOTHING: ReturnType<typeof readingOf> = {};

const encoded = (key: string): string => key.split("/").map(encodeURIComponent).join("/");

/** @throws AwsError */
function keyOf({ path }: AwsRequest): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", { status: 400 });
  }
}

function readingOf({ headers }: AwsRequest) {
  const time = (name: string) => {
    const at = Date.parse(headers[name] ?? "");
    return Number.isNaN(at) ? undefined : at;
  };
  const since = time("if-modified-since");
  const { range, "if-none-match": ifNoneMatch, "if-match": ifMatch } = headers;
  return {
    ...(range !== undefined && { range }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
    ...(ifMatch !== undefined && { ifMatch }),
    ...(since !== undefined && { ifModifiedSince: since }),
  };
}

/** Of an answer that says that the client has the object already. */
const validators = ({ members }: AwsError): Record<string, string> => ({
  etag: String(members["ETag"]),
  "last-modified": String(members["LastModified"]),
});

const redirect = ({ status, location }: WebsiteRedirect): AwsResponse => ({
  status,
  headers: { location },
  body: "",
});

function headersOf({ object, range, version }: FoundObject): Record<string, string> {
  const { headers, metadata } = object;
  const { start, end } = range ?? { start: 0, end: object.size };
  const given = {
    "content-type": headers.type ?? "binary/octet-stream",
    "content-encoding": headers.encoding,
    "content-disposition": headers.disposition,
    "content-language": headers.language,
    "cache-control": headers.cacheControl,
    expires: headers.expires,
    "x-amz-version-id": version,
    "content-range": range && contentRange(range, object.size),
  };
  const sent = Object.entries(given).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const described = Object.entries(metadata).map(([name, text]) => [`x-amz-meta-${name}`, text]);
  return {
    ...Object.fromEntries([...sent, ...described]),
    "content-length": String(end - start),
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.lastModified).toUTCString(),
    "accept-ranges": "bytes",
  };
}
