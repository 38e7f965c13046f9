/** Connections and API destinations of EventBridge. What is secret is taken, and never shown. */
import type {
  Buses,
  ConnectionAuth,
  DescribedApiDestination,
  DescribedConnection,
  ExtraParameters,
  PartialAuth,
} from "../../services/buses/index.ts";
import type {
  ApiDestination,
  Connection,
  ConnectionAuthResponseParameters,
  ConnectionHttpParameters,
  EventsApi,
  UpdateConnectionAuthRequestParameters,
} from "../api/events.ts";
import type { Door } from "../context.ts";

type ConnectionDoor = Pick<
  Door<EventsApi>,
  | "CreateConnection"
  | "DescribeConnection"
  | "UpdateConnection"
  | "DeauthorizeConnection"
  | "DeleteConnection"
  | "ListConnections"
  | "CreateApiDestination"
  | "DescribeApiDestination"
  | "UpdateApiDestination"
  | "DeleteApiDestination"
  | "ListApiDestinations"
>;

export const connectionMethods = ({ connections, apiDestinations }: Buses): ConnectionDoor => ({
  async CreateConnection(input, context) {
    const { arn, state, created, modified } = await connections.create(context, {
      name: input.Name,
      description: input.Description,
      kmsKey: input.KmsKeyIdentifier,
      type: input.AuthorizationType,
      auth: authOf(input.AuthParameters) as ConnectionAuth,
    });
    return {
      ConnectionArn: arn,
      ConnectionState: state,
      CreationTime: new Date(created),
      LastModifiedTime: new Date(modified),
    };
  },

  async DescribeConnection(input, context) {
    const connection = await connections.describe(context, input.Name);
    return {
      ...connectionOutput(connection),
      Description: connection.description,
      KmsKeyIdentifier: connection.kmsKey,
      SecretArn: connection.secretArn,
      AuthParameters: authOutput(connection.auth),
    };
  },

  async UpdateConnection(input, context) {
    return changed(
      await connections.update(context, {
        name: input.Name,
        description: input.Description,
        kmsKey: input.KmsKeyIdentifier,
        type: input.AuthorizationType,
        auth: input.AuthParameters && authOf(input.AuthParameters),
      }),
    );
  },

  async DeauthorizeConnection(input, context) {
    return changed(await connections.deauthorize(context, input.Name));
  },

  async DeleteConnection(input, context) {
    return {
      ...changed(await connections.delete(context, input.Name)),
      ConnectionState: "DELETING",
    };
  },

  async ListConnections(input, context) {
    const { items, token } = await connections.list(context, {
      prefix: input.NamePrefix,
      state: input.ConnectionState,
      limit: input.Limit,
      token: input.NextToken,
    });
    return { Connections: items.map(connectionOutput), NextToken: token };
  },

  async CreateApiDestination(input, context) {
    return changedDestination(await apiDestinations.create(context, destinationOf(input)));
  },

  async DescribeApiDestination(input, context) {
    const destination = await apiDestinations.describe(context, input.Name);
    return { ...destinationOutput(destination), Description: destination.description };
  },

  async UpdateApiDestination(input, context) {
    return changedDestination(await apiDestinations.update(context, destinationOf(input)));
  },

  async DeleteApiDestination(input, context) {
    await apiDestinations.delete(context, input.Name);
    return {};
  },

  async ListApiDestinations(input, context) {
    const { items, token } = await apiDestinations.list(context, {
      prefix: input.NamePrefix,
      connectionArn: input.ConnectionArn,
      limit: input.Limit,
      token: input.NextToken,
    });
    return { ApiDestinations: items.map(destinationOutput), NextToken: token };
  },
});

function authOf(input: UpdateConnectionAuthRequestParameters): PartialAuth {
  const {
    BasicAuthParameters: basic,
    ApiKeyAuthParameters: apiKey,
    OAuthParameters: oauth,
  } = input;
  const given = {
    basic: basic && { username: basic.Username, password: basic.Password },
    apiKey: apiKey && { name: apiKey.ApiKeyName, value: apiKey.ApiKeyValue },
    oauth: oauth && {
      clientId: oauth.ClientParameters?.ClientID,
      clientSecret: oauth.ClientParameters?.ClientSecret,
      endpoint: oauth.AuthorizationEndpoint,
      method: oauth.HttpMethod,
      extra: oauth.OAuthHttpParameters && extraOf(oauth.OAuthHttpParameters),
    },
    invocation: input.InvocationHttpParameters && extraOf(input.InvocationHttpParameters),
  };
  return given as PartialAuth;
}

interface Listed {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
  readonly IsValueSecret?: boolean | undefined;
}

function extraOf(input: ConnectionHttpParameters): ExtraParameters {
  const list = (values: readonly Listed[] | undefined) =>
    values?.map(({ Key = "", Value = "", IsValueSecret = false }) => ({
      key: Key,
      value: Value,
      secret: IsValueSecret,
    }));
  return {
    headers: list(input.HeaderParameters),
    query: list(input.QueryStringParameters),
    body: list(input.BodyParameters),
  };
}

function extraOutput({ headers, query, body }: ExtraParameters): ConnectionHttpParameters {
  const list = (values: ExtraParameters["headers"]) =>
    values?.map(({ key, value, secret }) => ({
      Key: key,
      ...(secret ? {} : { Value: value }),
      IsValueSecret: secret,
    }));
  return {
    HeaderParameters: list(headers),
    QueryStringParameters: list(query),
    BodyParameters: list(body),
  };
}

function authOutput({
  basic,
  apiKey,
  oauth,
  invocation,
}: ConnectionAuth): ConnectionAuthResponseParameters {
  return {
    BasicAuthParameters: basic && { Username: basic.username },
    ApiKeyAuthParameters: apiKey && { ApiKeyName: apiKey.name },
    OAuthParameters: oauth && {
      ClientParameters: { ClientID: oauth.clientId },
      AuthorizationEndpoint: oauth.endpoint,
      HttpMethod: oauth.method as "POST",
      OAuthHttpParameters: oauth.extra && extraOutput(oauth.extra),
    },
    InvocationHttpParameters: invocation && extraOutput(invocation),
  };
}

const connectionOutput = (connection: DescribedConnection): Connection => ({
  ConnectionArn: connection.arn,
  Name: connection.name,
  ConnectionState: connection.state,
  StateReason: connection.reason,
  AuthorizationType: connection.type,
  CreationTime: new Date(connection.created),
  LastModifiedTime: new Date(connection.modified),
  LastAuthorizedTime: new Date(connection.authorized),
});

const changed = ({ arn, state, created, modified, authorized }: DescribedConnection) => ({
  ConnectionArn: arn,
  ConnectionState: state,
  CreationTime: new Date(created),
  LastModifiedTime: new Date(modified),
  LastAuthorizedTime: new Date(authorized),
});

const destinationOf = (input: {
  readonly Name: string;
  readonly Description?: string | undefined;
  readonly ConnectionArn?: string | undefined;
  readonly InvocationEndpoint?: string | undefined;
  readonly HttpMethod?: string | undefined;
  readonly InvocationRateLimitPerSecond?: number | undefined;
}) => ({
  name: input.Name,
  description: input.Description,
  connectionArn: input.ConnectionArn,
  endpoint: input.InvocationEndpoint,
  method: input.HttpMethod,
  ratePerSecond: input.InvocationRateLimitPerSecond,
});

const destinationOutput = (destination: DescribedApiDestination): ApiDestination => ({
  ApiDestinationArn: destination.arn,
  Name: destination.name,
  ApiDestinationState: destination.state,
  ConnectionArn: destination.connectionArn,
  InvocationEndpoint: destination.endpoint,
  HttpMethod: destination.method as "POST",
  InvocationRateLimitPerSecond: destination.ratePerSecond,
  CreationTime: new Date(destination.created),
  LastModifiedTime: new Date(destination.modified),
});

const changedDestination = ({ arn, state, created, modified }: DescribedApiDestination) => ({
  ApiDestinationArn: arn,
  ApiDestinationState: state,
  CreationTime: new Date(created),
  LastModifiedTime: new Date(modified),
});
