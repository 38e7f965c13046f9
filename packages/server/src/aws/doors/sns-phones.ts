import type { Topics } from "../../services/topics/index.ts";
import type { SnsApi } from "../api/sns.ts";
import type { Door } from "../context.ts";
import { callerOf } from "./sns-shapes.ts";

/** What SNS keeps of phones: platform applications, their endpoints, settings of text messages. */
export function phoneOperations({ platform, sms }: Pick<Topics, "platform" | "sms">) {
  return {
    async CreatePlatformApplication({ Name, Platform, Attributes }, context) {
      const caller = callerOf(context);
      const arn = await platform.createApplication(caller, Name, Platform, Attributes);
      return { PlatformApplicationArn: arn };
    },
    async DeletePlatformApplication(input, context) {
      await platform.deleteApplication(callerOf(context), input.PlatformApplicationArn);
    },
    async ListPlatformApplications(input, context) {
      const { items, token } = await platform.applications(callerOf(context), input.NextToken);
      const PlatformApplications = items.map(({ arn, attributes }) => ({
        PlatformApplicationArn: arn,
        Attributes: attributes,
      }));
      return { PlatformApplications, NextToken: token };
    },
    async GetPlatformApplicationAttributes(input, context) {
      const arn = input.PlatformApplicationArn;
      return { Attributes: await platform.applicationAttributes(callerOf(context), arn) };
    },
    async SetPlatformApplicationAttributes(input, context) {
      const { PlatformApplicationArn, Attributes } = input;
      const caller = callerOf(context);
      await platform.setApplicationAttributes(caller, PlatformApplicationArn, Attributes);
    },

    async CreatePlatformEndpoint(input, context) {
      const EndpointArn = await platform.createEndpoint(callerOf(context), {
        applicationArn: input.PlatformApplicationArn,
        token: input.Token,
        userData: input.CustomUserData,
        attributes: input.Attributes ?? {},
      });
      return { EndpointArn };
    },
    async DeleteEndpoint(input, context) {
      await platform.deleteEndpoint(callerOf(context), input.EndpointArn);
    },
    async ListEndpointsByPlatformApplication(input, context) {
      const { PlatformApplicationArn, NextToken } = input;
      const caller = callerOf(context);
      const { items, token } = await platform.endpoints(caller, PlatformApplicationArn, NextToken);
      const Endpoints = items.map(({ arn, attributes }) => ({
        EndpointArn: arn,
        Attributes: attributes,
      }));
      return { Endpoints, NextToken: token };
    },
    async GetEndpointAttributes(input, context) {
      const caller = callerOf(context);
      return { Attributes: await platform.endpointAttributes(caller, input.EndpointArn) };
    },
    async SetEndpointAttributes(input, context) {
      const { EndpointArn, Attributes } = input;
      await platform.setEndpointAttributes(callerOf(context), EndpointArn, Attributes);
    },

    async GetSMSAttributes(input, context) {
      return { attributes: await sms.attributes(callerOf(context), input.attributes ?? []) };
    },
    async SetSMSAttributes(input, context) {
      await sms.setAttributes(callerOf(context), input.attributes);
      return {};
    },
    async CheckIfPhoneNumberIsOptedOut(input) {
      sms.checkNumber(input.phoneNumber);
      return { isOptedOut: false };
    },
    async ListPhoneNumbersOptedOut() {
      return { phoneNumbers: [] };
    },
    async OptInPhoneNumber(input) {
      sms.checkNumber(input.phoneNumber);
      return {};
    },
  } satisfies Door<SnsApi>;
}
