import {
  CreatePlatformApplicationCommand,
  CreatePlatformEndpointCommand,
  DeletePlatformApplicationCommand,
  GetEndpointAttributesCommand,
  GetPlatformApplicationAttributesCommand,
  ListEndpointsByPlatformApplicationCommand,
  ListPhoneNumbersOptedOutCommand,
  ListPlatformApplicationsCommand,
  OptInPhoneNumberCommand,
  SetEndpointAttributesCommand,
  SetPlatformApplicationAttributesCommand,
  SetSMSAttributesCommand,
} from "@aws-sdk/client-sns";
import type { Comparison, Recordings } from "../harness.ts";
import { ACCOUNT, type Answered, newName, type SnsFixture } from "./fixture.ts";

const KEYS = { PlatformCredential: "secret", PlatformPrincipal: "id" };

/** Platform applications and their endpoints; settings of text messages. */
export function playPhones({ play }: Recordings, sns: () => SnsFixture): void {
  const create = (Name: string, more: object = {}) =>
    sns().send(
      new CreatePlatformApplicationCommand({ Name, Platform: "ADM", Attributes: KEYS, ...more }),
    );
  const remove = (PlatformApplicationArn: string) =>
    sns().send(new DeletePlatformApplicationCommand({ PlatformApplicationArn }));
  const setApplication = (PlatformApplicationArn: string) =>
    sns().send(
      new SetPlatformApplicationAttributesCommand({ PlatformApplicationArn, Attributes: KEYS }),
    );
  const endpoint = (PlatformApplicationArn: string, more: object = {}) =>
    sns().send(
      new CreatePlatformEndpointCommand({ PlatformApplicationArn, Token: "token_1", ...more }),
    );
  const endpoints = (PlatformApplicationArn: string) =>
    sns().send(new ListEndpointsByPlatformApplicationCommand({ PlatformApplicationArn }));
  const setEndpoint = (EndpointArn: string, Attributes: Record<string, string>) =>
    sns().send(new SetEndpointAttributesCommand({ EndpointArn, Attributes }));
  /** An application that is gone afterwards: listings are the whole account's. */
  const withApplication = async (work: (arn: string) => Promise<void>) => {
    const arn = String((await create(newName()))["PlatformApplicationArn"]);
    await work(arn);
    await remove(arn);
  };
  const arnOf = ({ EndpointArn }: Answered) => String(EndpointArn);
  const application = (name: string) => `TestSNSPlatformApplicationCrud::${name}`;
  const endpointTest = (name: string) => `TestSNSPlatformEndpointCrud::${name}`;

  play(application("test_create_platform_application"), async (answers) => {
    const made = await create(newName());
    answers.equal("create-platform-application", made);
    await remove(String(made["PlatformApplicationArn"]));
  });

  play(application("test_list_platform_applications"), (answers) =>
    withApplication(async () => {
      const listing = new ListPlatformApplicationsCommand({});
      answers.equal("list-platform-applications", await sns().send(listing));
    }),
  );

  play(
    application("test_create_platform_application_invalid_attributes[no-args]"),
    async (answers) => {
      const made = await create(newName(), { Attributes: undefined });
      answers.equal("platform-application-no-attributes", made);
    },
  );

  play(application("test_create_platform_application_invalid_name[too-long]"), async (answers) => {
    const { Error: error } = answers.recorded("invalid-application-name") as {
      Error: { Message: string };
    };
    const [name = ""] = /a{9,}/.exec(error.Message) ?? [];
    answers.equal("invalid-application-name", await create(name));
  });

  play(application("test_create_platform_application_invalid_platform"), async (answers) => {
    answers.equal("invalid-platform", await create(newName(), { Platform: "AAA" }));
  });

  play(application("test_get_platform_application_attributes"), (answers) =>
    withApplication(async (PlatformApplicationArn) => {
      const command = new GetPlatformApplicationAttributesCommand({ PlatformApplicationArn });
      answers.equal("get-application-attributes", await sns().send(command));
    }),
  );

  play(application("test_set_platform_application_attributes_invalid_arn"), async (answers) => {
    answers.equal("invalid-application-arn", await setApplication("invalid"));
  });

  play(
    application("test_set_platform_application_attributes_non_existing_app[missing-principal]"),
    async (answers) => {
      const arn = `arn:aws:sns:us-east-1:${ACCOUNT}:app/ADM/nobody`;
      answers.equal("non_existing-application-arn", await setApplication(arn));
    },
  );

  play(endpointTest("test_create_platform_endpoint"), (answers) =>
    withApplication(async (arn) => {
      answers.equal("create-platform-endpoint", withPlaceholder(await endpoint(arn), arn));
    }),
  );

  play(endpointTest("test_list_platform_endpoints"), (answers) =>
    withApplication(async (arn) => {
      await endpoint(arn);
      answers.equal("list-endpoints-by-app", withPlaceholder(await endpoints(arn), arn));
    }),
  );

  play(endpointTest("test_delete_endpoints_of_deleted_app"), async (answers) => {
    const arn = String((await create(newName()))["PlatformApplicationArn"]);
    await endpoint(arn);
    answers.equal("delete-application", await remove(arn));
    answers.equal("list-endpoints-after-app-delete", await endpoints(arn));
  });

  const unknown = "set-platform-endpoint-attributes-non-existent-app";
  play(endpointTest("test_set_platform_endpoint_attributes_invalid_arn"), async (answers) => {
    const arn = `arn:aws:sns:us-east-1:${ACCOUNT}:invalid`;
    answers.equal(unknown, await setEndpoint(arn, { CustomUserData: "x" }));
  });

  play(
    endpointTest("test_set_platform_endpoint_attributes_non_existent_endpoint"),
    async (answers) => {
      const arn = `arn:aws:sns:us-east-1:${ACCOUNT}:endpoint/ADM/app/nobody`;
      answers.equal(unknown, await setEndpoint(arn, { CustomUserData: "x" }));
    },
  );

  const wrong: [name: string, attributes: Record<string, string>][] = [
    ["Invalid_Name_Principal", { PlatformPrincipal: "x" }],
    ["Invalid_Name_Generic", { InvalidKey: "x" }],
    ["Data_Too_Long", { CustomUserData: "x".repeat(2049) }],
  ];
  for (const [name, attributes] of wrong) {
    const refusedAtOnce = (answers: Comparison) =>
      withApplication(async (arn) => {
        const made = await endpoint(arn, { Attributes: attributes });
        answers.equal("create-platform-endpoint-invalid-attr", made);
      });
    play(
      endpointTest(`test_create_platform_endpoint_with_invalid_attributes[${name}]`),
      refusedAtOnce,
    );
    if (name === "Invalid_Name_Generic") continue;
    play(
      endpointTest(`test_set_platform_endpoint_attributes_invalid_attributes[${name}]`),
      (answers) =>
        withApplication(async (arn) => {
          const set = await setEndpoint(arnOf(await endpoint(arn)), attributes);
          answers.equal("set-platform-endpoint-invalid-attributes", set);
        }),
    );
  }

  const data: [name: string, more: object][] = [
    [
      "test_create_platform_endpoint_double_custom_data",
      { CustomUserData: "foo", Attributes: { CustomUserData: "bar" } },
    ],
    ["test_create_platform_endpoint_custom_data", { Attributes: { CustomUserData: "bar" } }],
  ];
  for (const [name, more] of data)
    play(endpointTest(name), (answers) =>
      withApplication(async (arn) => {
        const EndpointArn = arnOf(await endpoint(arn, more));
        const command = new GetEndpointAttributesCommand({ EndpointArn });
        answers.equal("create-endpoint-double-custom-data", await sns().send(command));
      }),
    );

  const sms: [name: string, attributes: Record<string, string>][] = [
    ["InvalidAttributeName", { InvalidAttribute: "x" }],
    ["InvalidSMSType", { DefaultSMSType: "Nonsense" }],
  ];
  for (const [name, attributes] of sms)
    play(`TestSNSSMS::test_set_invalid_sms_attributes[${name}]`, async (answers) => {
      const command = new SetSMSAttributesCommand({ attributes });
      answers.equal("invalid-attribute", await sns().send(command));
    });

  const optIn = () => sns().send(new OptInPhoneNumberCommand({ phoneNumber: "+15551234567" }));
  play("TestSNSSMS::test_opt_in_phone_number", async (answers) => {
    answers.equal("opt-in-phone-number", await optIn());
  });
  play("TestSNSSMS::test_opt_in_non_existing_phone_number", async (answers) => {
    answers.equal("opt-in-non-existing-number", await optIn());
  });
  play("TestSNSSubscriptionCrudV2::test_list_opted_out", async (answers) => {
    const listing = new ListPhoneNumbersOptedOutCommand({});
    answers.equal("list-opted-out", await sns().send(listing));
  });
}

/** The recordings say `<platform_application>` for the application's name, without a number. */
function withPlaceholder(answered: Answered, applicationArn: string): Answered {
  const name = applicationArn.split("/").at(-1) ?? "";
  return JSON.parse(JSON.stringify(answered).replaceAll(name, "<platform_application>"));
}
