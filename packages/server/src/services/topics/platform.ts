/**
 * Platform applications and their endpoints: kept and described as SNS does. Nothing is sent to phones: publishing to an
 * endpoint says so.
 */
import { createHash } from "node:crypto";
import type { Scope } from "../../domain/scope.ts";
import { arnParts } from "../../domain/topic-name.ts";
import { everyRecord } from "../../ports/every-record.ts";
import type { Records } from "../../ports/records.ts";
import type { Caller } from "./context.ts";
import { invalid, missing } from "./errors.ts";
import type { Attributes } from "./model.ts";
import { type Page, pageOf } from "./paging.ts";
import { applicationsSpace, endpointsSpace } from "./spaces.ts";

export interface Application {
  readonly arn: string;
  readonly attributes: Attributes;
}
export interface Endpoint {
  readonly arn: string;
  readonly attributes: Attributes;
}

export interface NewEndpoint {
  readonly applicationArn: string;
  readonly token: string;
  readonly userData: string | undefined;
  readonly attributes: Attributes;
}

export interface PlatformOperations {
  createApplication(
    caller: Caller,
    name: string,
    platform: string,
    attributes: Attributes,
  ): Promise<string>;
  /** With its endpoints; one that is not there is no fault. */
  deleteApplication(caller: Caller, arn: string): Promise<void>;
  applications(caller: Caller, token: string | undefined): Promise<Page<Application>>;
  applicationAttributes(caller: Caller, arn: string): Promise<Attributes>;
  setApplicationAttributes(caller: Caller, arn: string, attributes: Attributes): Promise<void>;
  /** Also of an endpoint that is there already and has these attributes. */
  createEndpoint(caller: Caller, endpoint: NewEndpoint): Promise<string>;
  deleteEndpoint(caller: Caller, arn: string): Promise<void>;
  endpoints(caller: Caller, arn: string, token: string | undefined): Promise<Page<Endpoint>>;
  endpointAttributes(caller: Caller, arn: string): Promise<Attributes>;
  setEndpointAttributes(caller: Caller, arn: string, attributes: Attributes): Promise<void>;
}

/** https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html */
const PLATFORMS = new Set([
  "ADM",
  "APNS",
  "APNS_SANDBOX",
  "APNS_VOIP",
  "APNS_VOIP_SANDBOX",
  "BAIDU",
  "FCM",
  "GCM",
  "MACOS",
  "MACOS_SANDBOX",
  "MPNS",
  "WNS",
]);
/** Never shown again. */
const SECRETS = new Set(["PlatformCredential", "PlatformPrincipal"]);
const APPLICATION_ATTRIBUTES =
  /^(?:PlatformCredential|PlatformPrincipal|Event(?:EndpointCreated|EndpointDeleted|EndpointUpdated|DeliveryFailure)|(?:Success|Failure)FeedbackRoleArn|SuccessFeedbackSampleRate|Enabled|ApplePlatform(?:TeamID|BundleID)|AuthenticationMethod)$/;
const ENDPOINT_ATTRIBUTES = new Set(["CustomUserData", "Enabled", "Token"]);
const MAX_USER_DATA = 2048;
const MAX_VALUE = 16_384;

export function createPlatformOperations(records: Records): PlatformOperations {
  async function application(caller: Caller, arn: string) {
    const id = idOf(caller, arn, "PlatformApplicationArn", 3);
    const found = await records.get<Application>(applicationsSpace(caller), id);
    if (found === undefined) throw missing("PlatformApplication");
    return { ...found, id };
  }
  async function endpoint(caller: Caller, arn: string) {
    const id = idOf(caller, arn, "EndpointArn", 4);
    const found = await records.get<Endpoint>(endpointsSpace(caller), id);
    if (found === undefined) throw missing("Endpoint");
    return { ...found, id };
  }

  return {
    async createApplication(caller, name, platform, attributes) {
      if (name.length > 256) throw invalid(`${name} Reason: must be at most 256 characters long`);
      if (!/^[\w.-]+$/.test(name))
        throw invalid(
          `${name} Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'`,
        );
      if (!PLATFORMS.has(platform)) throw invalid(`Platform Reason: ${platform} is not supported`);
      const checked = applicationAttributes(attributes);
      if (checked["PlatformCredential"] === undefined)
        throw invalid(
          "Attributes Reason: Invalid value for attribute: PlatformCredential: cannot be empty",
        );
      const arn = `${prefix(caller)}:app/${platform}/${name}`;
      const made: Application = { arn, attributes: { Enabled: "true", ...checked } };
      const space = applicationsSpace(caller);
      await records.commit([{ put: made, space, id: `${platform}/${name}` }]);
      return arn;
    },

    async deleteApplication(caller, arn) {
      const id = idOf(caller, arn, "PlatformApplicationArn", 3);
      const space = endpointsSpace(caller);
      await records.commit([{ delete: true, space: applicationsSpace(caller), id }]);
      const endpoints = await everyRecord(records, space, `${id}/`);
      for (let at = 0; at < endpoints.length; at += 5_000)
        await records.commit(
          endpoints.slice(at, at + 5_000).map((one) => ({ delete: true, space, id: one.id })),
        );
    },

    async applications(caller, token) {
      const page = await pageOf<Application>(records, applicationsSpace(caller), token);
      return { ...page, items: page.items.map(shown) };
    },

    async applicationAttributes(caller, arn) {
      return shown((await application(caller, arn)).value).attributes;
    },

    async setApplicationAttributes(caller, arn, attributes) {
      const { value, id, revision } = await application(caller, arn);
      const changed = { ...value.attributes, ...applicationAttributes(attributes) };
      const space = applicationsSpace(caller);
      await records.commit([
        { put: { ...value, attributes: changed }, space, id, expect: revision },
      ]);
    },

    async createEndpoint(caller, { applicationArn, token, userData, attributes }) {
      const { id: owner } = await application(caller, applicationArn);
      if (token === "" || token.length > MAX_VALUE) throw invalid("Token");
      const checked = endpointAttributes({
        ...attributes,
        ...(userData === undefined ? {} : { CustomUserData: userData }),
      });
      // One endpoint for a token: its name is made of it, so that two requests at once make the same one.
      const id = `${owner}/${uuidOf(`${owner} ${token}`)}`;
      const space = endpointsSpace(caller);
      const found = await records.get<Endpoint>(space, id);
      const arn = `${prefix(caller)}:endpoint/${id}`;
      if (found !== undefined) {
        const { CustomUserData = "", Enabled = "true" } = checked;
        const there = found.value.attributes;
        if ((there["CustomUserData"] ?? "") !== CustomUserData || there["Enabled"] !== Enabled)
          throw invalid(
            `Token Reason: Endpoint ${arn} already exists with the same Token, but different attributes.`,
          );
        return arn;
      }
      const made: Endpoint = { arn, attributes: { Enabled: "true", ...checked, Token: token } };
      await records.commit([{ put: made, space, id }]);
      return arn;
    },

    async deleteEndpoint(caller, arn) {
      const id = idOf(caller, arn, "EndpointArn", 4);
      await records.commit([{ delete: true, space: endpointsSpace(caller), id }]);
    },

    async endpoints(caller, arn, token) {
      const { id } = await application(caller, arn);
      return pageOf<Endpoint>(records, endpointsSpace(caller), token, { prefix: `${id}/` });
    },

    async endpointAttributes(caller, arn) {
      return (await endpoint(caller, arn)).value.attributes;
    },

    async setEndpointAttributes(caller, arn, attributes) {
      const { value, id, revision } = await endpoint(caller, arn);
      const changed = { ...value.attributes, ...endpointAttributes(attributes) };
      await records.commit([
        {
          put: { ...value, attributes: changed },
          space: endpointsSpace(caller),
          id,
          expect: revision,
        },
      ]);
    },
  };
}

const prefix = ({ account, region }: Scope): string => `arn:aws:sns:${region}:${account}`;

/** `PLATFORM/NAME`, of an endpoint `PLATFORM/NAME/ID`. @throws YunqueError */
function idOf(caller: Caller, arn: string, parameter: string, parts: number): string {
  const count = arnParts(arn);
  if (count < 6)
    throw invalid(`${parameter} Reason: An ARN must have at least 6 elements, not ${count}`);
  const [, , , region, account, ...rest] = arn.split(":");
  const [kind, ...path] = rest.join(":").split("/");
  if (path.length + 1 !== parts)
    throw invalid(`${parameter} Reason: Wrong number of slashes in relative portion of the ARN.`);
  const isOwn = region === caller.region && account === caller.account;
  if (!isOwn || kind !== (parts === 3 ? "app" : "endpoint")) throw invalid(parameter);
  if (!path.every((part) => /^[\w.-]{1,256}$/.test(part)))
    throw missing(parts === 3 ? "PlatformApplication" : "Endpoint");
  return path.join("/");
}

const shown = ({ arn, attributes }: Application): Application => ({
  arn,
  attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => !SECRETS.has(name))),
});

function applicationAttributes(attributes: Attributes): Attributes {
  for (const [name, value] of Object.entries(attributes)) {
    if (!APPLICATION_ATTRIBUTES.test(name))
      throw invalid(`Attributes Reason: Invalid attribute name: ${name}`);
    if (value.length > MAX_VALUE)
      throw invalid(`Attributes Reason: Invalid value for attribute: ${name}`);
  }
  return attributes;
}

function endpointAttributes(attributes: Attributes): Attributes {
  for (const [name, value] of Object.entries(attributes)) {
    if (!ENDPOINT_ATTRIBUTES.has(name))
      throw invalid(`Attributes Reason: Invalid attribute name: ${name}`);
    if (name === "CustomUserData" && Buffer.byteLength(value) > MAX_USER_DATA)
      throw invalid(
        "Attributes Reason: Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding",
      );
    if (name === "Enabled" && !/^(?:true|false)$/i.test(value))
      throw invalid(
        "Attributes Reason: Invalid value for attribute: Enabled: must be true or false",
      );
    if (name === "Token" && (value === "" || value.length > MAX_VALUE))
      throw invalid("Attributes Reason: Invalid value for attribute: Token");
  }
  return attributes;
}

/** A UUID of a text: always the same. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return [0, 8, 12, 16, 20].map((at, index) => hex.slice(at, [8, 12, 16, 20, 32][index])).join("-");
}
