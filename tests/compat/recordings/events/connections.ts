import type { Recordings } from "../harness.ts";
import { ACCOUNT, type EventsFixture, newName } from "./fixture.ts";

const API_KEY = { ApiKeyAuthParameters: { ApiKeyName: "ApiKey", ApiKeyValue: "secret" } };
const BASIC = { BasicAuthParameters: { Username: "user", Password: "pass" } };
const OAUTH = {
  OAuthParameters: {
    AuthorizationEndpoint: "https://example.com/oauth",
    ClientParameters: { ClientID: "client_id", ClientSecret: "client_secret" },
    HttpMethod: "POST",
  },
};

export function playConnections({ play }: Recordings, open: () => EventsFixture): void {
  const send = (operation: string, input: object) => open().events(operation, input);
  const create = async (AuthorizationType: string, AuthParameters: object, Name = newName()) => ({
    Name,
    made: await send("CreateConnection", { Name, AuthorizationType, AuthParameters }),
  });

  play("test_create_connection", async (answers) => {
    const { Name, made } = await create("API_KEY", { ...API_KEY, InvocationHttpParameters: {} });
    answers.equal("create-connection", made);
    answers.equal("describe-connection", await send("DescribeConnection", { Name }));
  });

  for (const [index, type, parameters] of [
    ["auth_params1", "API_KEY", API_KEY],
    ["auth_params2", "OAUTH_CLIENT_CREDENTIALS", OAUTH],
  ] as const)
    play(`test_create_connection_with_auth[${index}]`, async (answers) => {
      const { Name, made } = await create(type, parameters);
      answers.equal("create-connection-auth", made);
      answers.equal("describe-connection-auth", await send("DescribeConnection", { Name }));
    });

  play("test_list_connections", async (answers) => {
    const { Name } = await create("BASIC", BASIC);
    answers.equal("list-connections", await send("ListConnections", { NamePrefix: Name }));
  });

  play("test_create_connection_invalid_parameters", async (answers) => {
    const { made } = await create("INVALID_AUTH_TYPE", {});
    answers.equal("create-connection-invalid-auth-error", made);
  });

  play("test_create_connection_name_validation", async (answers) => {
    const { made } = await create("API_KEY", API_KEY, "Invalid Name With Spaces!");
    answers.equal("create-connection-invalid-name-error", made);
  });

  play("test_create_connection_validations", async (answers) => {
    const name = "This should fail with two errors 123467890123412341234123412341234";
    const { made } = await create("INVALID", {}, name);
    answers.equal("create_connection_exc", made);
  });

  play(
    "test_api_destinations[auth1]",
    async (answers) => {
      const { made } = await create("API_KEY", API_KEY);
      const Name = newName();
      const destination = {
        Name,
        ConnectionArn: made["ConnectionArn"],
        HttpMethod: "POST",
        InvocationEndpoint: "https://example.com/api",
        Description: "Test API destination",
      };
      const describe = () => send("DescribeApiDestination", { Name });
      const created = await send("CreateApiDestination", destination);
      answers.equal("create-api-destination", created);
      answers.equal("describe-api-destination", await describe());
      const listed = await send("ListApiDestinations", { NamePrefix: Name });
      answers.equal("list-api-destinations", listed);
      const updated = await send("UpdateApiDestination", {
        Name,
        InvocationEndpoint: "https://example.com/api/v2",
        Description: "Updated API destination",
        HttpMethod: "PUT",
      });
      answers.equal("update-api-destination", updated);
      answers.equal("describe-updated-api-destination", await describe());
      answers.equal("delete-api-destination", await send("DeleteApiDestination", { Name }));
      answers.equal("describe-api-destination-not-found-error", await describe());
    },
    { words: ["api-destination-arn", "connection-arn"] },
  );

  play("test_create_api_destination_name_validation", async (answers) => {
    const refused = await send("CreateApiDestination", {
      Name: "Invalid Name With Spaces!",
      ConnectionArn: `arn:aws:events:us-east-1:${ACCOUNT}:connection/c/1`,
      HttpMethod: "POST",
      InvocationEndpoint: "https://example.com/api",
    });
    answers.equal("create-api-destination-invalid-name-error", refused);
  });
}
